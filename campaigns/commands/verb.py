"""A verb of `manage.py campaign`: its arguments, and what performs it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.find import find_campaign
from campaigns.models import Campaign
from foundation.commands import DONE


@dataclass(frozen=True)
class Call:
    """One call of the command.

    Args:
        options: the parsed arguments.
        stdout: the command's standard output.
        stderr: the command's standard error.
    """

    options: Mapping[str, Any]
    stdout: Any
    stderr: Any

    @property
    def by(self) -> Any:
        """The operator who asks through the API; None for the command line."""
        return self.options.get("acting_user")

    def campaign(self) -> Campaign:
        """Return the campaign that the argument NAME names.

        Raises:
            Refusal: there is no such campaign.
        """
        return find_campaign(name=self.options["name"])

    def refuse_usage(self, words: str) -> None:
        """End the process with a usage error (exit status 2)."""
        self.options["wrong_usage"](words)


@dataclass(frozen=True)
class Answer:
    """The result of a verb.

    Args:
        data: the result for JSON. Its keys are a public interface.
        text: the result for people.
        status: the exit status of the process.
    """

    data: dict[str, Any]
    text: str
    status: int = DONE


def no_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: for verbs whose only argument is the name of the campaign."""


@dataclass(frozen=True)
class Verb:
    """A verb.

    Args:
        name: the word on the command line.
        words: its help.
        perform: carries it out, and returns the answer.
        add_arguments: adds the arguments after NAME to its parser.
        has_name: whether its first argument is NAME.
    """

    name: str
    words: str
    perform: Callable[[Call], Answer]
    add_arguments: Callable[[argparse.ArgumentParser], None] = no_arguments
    has_name: bool = True
