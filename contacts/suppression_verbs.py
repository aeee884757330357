"""Verbs of the command `suppressions` that apps above add to it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SuppressionVerb:
    """A verb.

    Attributes:
        name: as it is typed.
        help: what it does.
        add_arguments: adds its arguments, without --json.
        perform: carries it out, given the parsed options; returns the data for JSON and the text.
    """

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    perform: Callable[[dict[str, Any]], tuple[Any, str]]


_verbs: dict[str, SuppressionVerb] = {}


def register_suppression_verb(verb: SuppressionVerb) -> None:
    """Add a verb to the command, after those registered before."""
    _verbs[verb.name] = verb


def suppression_verbs() -> dict[str, SuppressionVerb]:
    """Return the registered verbs by name."""
    return dict(_verbs)
