"""Actions of `manage.py users` that packages above this one add, such as `token`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from foundation.commands import OperatorCommand


@dataclass(frozen=True, slots=True)
class FurtherAction:
    """An action of the command.

    Attributes:
        name: as it is typed.
        words: what it does.
        add_arguments: adds its arguments to its parser.
        perform: carries it out, given the command and the parsed options.
    """

    name: str
    words: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    perform: Callable[[OperatorCommand, dict[str, Any]], None]


further_actions: dict[str, FurtherAction] = {}


def register_action(action: FurtherAction) -> None:
    """Add an action to `manage.py users`; called once, when the apps are loaded."""
    further_actions[action.name] = action
