"""The arguments of a command of manage.py as parameters of an operation.

The parser of the command is the one place that says what it takes, so a new argument is in the API
and in its document by itself.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn

from django.core.management import get_commands, load_command_class
from django.utils.translation import gettext as _

from api.pipeline.operation import Parameter
from api.pipeline.problems import Problem
from campaigns.commands.free_text import message_argument
from foundation.commands import LONGEST_SECONDS, OperatorCommand, seconds
from foundation.uins import UIN_MAX, UIN_MIN
from tabular.arguments import uin_argument

#: Arguments that every command has, and those that only a terminal needs.
_OF_ALL = frozenset(
    {
        *("help", "version", "verbosity", "settings", "pythonpath", "traceback", "no_color"),
        *("force_color", "skip_checks", "json"),
    }
)
UIN = {"type": "integer", "minimum": UIN_MIN, "maximum": UIN_MAX}
#: Any whole number that a column can hold; services refuse the ones that make no sense.
INTEGER = {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}
_SCHEMAS: dict[Any, Mapping[str, Any]] = {
    uin_argument: UIN,
    int: INTEGER,
    seconds: {"type": "number", "minimum": 0, "maximum": LONGEST_SECONDS},
    message_argument: {"type": "string"},
    None: {"type": "string"},
}


class CommandArguments:
    """The arguments of one action of a command.

    Args:
        command: its name.
        action: its action; empty if it has none.
        hidden: destinations that are no parameters.
        schemas: by the name of a parameter, a schema in place of the one its type has.
    """

    def __init__(
        self,
        command: str,
        action: str,
        *,
        hidden: Collection[str] = (),
        schemas: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._schemas = schemas or {}
        parser = new_command(command).create_parser("manage.py", command)
        self.parser = _parser_of(parser, action) if action else parser
        self._outer = parser
        self.parser.error = _refuse_usage  # type: ignore[method-assign,assignment]
        places = {one.dest for one in self.parser._actions if not one.option_strings}
        self.actions = {
            _name(one, places): one
            for one in self.parser._actions
            if one.dest not in _OF_ALL
            and one.dest not in hidden
            and not isinstance(one, argparse._SubParsersAction)
        }

    def parameters(self, *, path: Collection[str], is_reading: bool) -> list[Parameter]:
        """Return the parameters, given the names in the path."""
        return [
            Parameter(
                name,
                self._schema(name, one),
                "path" if name in path else "query" if is_reading else "body",
                one.required and one.nargs not in ("*", "?"),
                _words(one),
            )
            for name, one in self.actions.items()
        ]

    def options(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of the command for checked values.

        Raises:
            Problem: a value cannot be read, or two exclude each other.
        """
        options = {**self._outer._defaults, **self.parser._defaults}
        for one in (*self._outer._actions, *self.parser._actions):
            if one.dest != argparse.SUPPRESS and one.dest != "help":
                options.setdefault(one.dest, _default(one))
        given = {name: value for name, value in values.items() if value is not None}
        self._refuse_exclusive(given)
        for name, value in given.items():
            one = self.actions[name]
            if isinstance(one, argparse._StoreConstAction):
                if value:
                    options[one.dest] = one.const
                continue
            if isinstance(value, list):
                value = [self._read(name, one, each) for each in value]
                # Two arguments may fill one list, as --step and --step-template do.
                shared = [n for n, other in self.actions.items() if other.dest == one.dest]
                if len(shared) > 1 and name != shared[0]:
                    value = [*(options[one.dest] or []), *value]
                options[one.dest] = value
            else:
                options[one.dest] = self._read(name, one, value)
        return options

    def _schema(self, name: str, one: argparse.Action) -> Mapping[str, Any]:
        if name in self._schemas:
            return self._schemas[name]
        if isinstance(one, argparse._StoreConstAction):
            return {"type": "boolean"}
        schema: Mapping[str, Any] = _SCHEMAS.get(one.type, {"type": "string"})
        if one.choices is not None:
            schema = {"type": "string", "enum": [str(choice) for choice in one.choices]}
        if _is_many(one):
            least = {"minItems": 1} if one.nargs == "+" and one.required else {}
            return {"type": "array", "items": schema, "maxItems": 10_000, **least}
        return schema

    def _read(self, name: str, one: argparse.Action, value: Any) -> Any:
        """Return a value as the argument's type reads it."""
        if one.type in (uin_argument, int, seconds, message_argument, None):
            return value
        if isinstance(value, dict) or one.type is Path:
            return value
        assert callable(one.type)
        try:
            return one.type(str(value))
        except (argparse.ArgumentTypeError, ValueError, TypeError) as problem:
            raise Problem(
                422,
                _("“%(field)s” cannot be used: %(why)s.") % {"field": name, "why": problem},
                code="wrong_value",
                field=name,
            ) from None

    def _refuse_exclusive(self, given: Mapping[str, Any]) -> None:
        for group in self.parser._mutually_exclusive_groups:
            names = [
                name
                for name, one in self.actions.items()
                if one in group._group_actions and given.get(name) not in (None, False)
            ]
            if len(names) > 1:
                raise Problem(
                    422,
                    _("Give only one of: %(names)s.") % {"names": ", ".join(names)},
                    code="wrong_usage",
                )
            if group.required and not names:
                known = ", ".join(n for n, a in self.actions.items() if a in group._group_actions)
                raise Problem(
                    422, _("Give one of: %(names)s.") % {"names": known}, code="wrong_usage"
                )


def _refuse_usage(words: str) -> NoReturn:
    raise Problem(422, words, code="wrong_usage")


def new_command(name: str) -> OperatorCommand:
    """Return a new command of manage.py."""
    app = get_commands()[name]
    command = load_command_class(app, name) if isinstance(app, str) else app
    assert isinstance(command, OperatorCommand)
    return command


@functools.cache
def actions_of(name: str) -> Mapping[str, str]:
    """Return the actions of a command with their help; none if it has no actions.

    Kept: a command has an operation for each action, and its parser takes long to make.
    """
    parser = new_command(name).create_parser("manage.py", name)
    for one in parser._actions:
        if isinstance(one, argparse._SubParsersAction):
            words = {choice.dest: choice.help or "" for choice in one._choices_actions}
            return {action: words.get(action, "") for action in one.choices}
    return {}


def _parser_of(parser: argparse.ArgumentParser, action: str) -> argparse.ArgumentParser:
    for one in parser._actions:
        if isinstance(one, argparse._SubParsersAction):
            found: argparse.ArgumentParser = one.choices[action]
            return found
    raise LookupError(action)


def _name(one: argparse.Action, places: Collection[str]) -> str:
    """Return the name of an argument: its flag, as an operator writes it.

    `segment edit NAME --name NEW` has two of one name; there the flag is called by its destination.

    Args:
        one: the argument.
        places: the destinations of the command's arguments without a flag.
    """
    flag = next((text for text in one.option_strings if text.startswith("--")), one.dest)
    name = flag.removeprefix("--").replace("-", "_")
    return one.dest if name in places else name


def _is_many(one: argparse.Action) -> bool:
    return one.nargs in ("*", "+") or isinstance(one, argparse._AppendAction)


def _default(one: argparse.Action) -> Any:
    if one.nargs == "*" and one.default is None:
        return []
    return list(one.default) if isinstance(one.default, list) else one.default


def _words(one: argparse.Action) -> str:
    return (one.help or "").replace("%%", "%")
