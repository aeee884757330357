"""Arguments with free text: a message may begin with a dash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

#: Put before a message, so that argparse does not interpret `--` and the like. No argument of a
#: process can contain this character.
_MARK = "\0"


class FreeTextParser(CommandParser):
    """A parser that accepts any message after --text, even one that begins with a dash.

    The default `check_usage` of a parser, if it has one, is called with what was parsed.
    """

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        parsed, rest = super().parse_known_args(_glued(args), namespace)
        check = getattr(parsed, "check_usage", None)
        if check is not None:
            check(parsed)
        return parsed, rest


def _glued(args: Sequence[str] | None) -> list[str]:
    """Return the arguments with `--text X` joined into one, and X marked against interpretation."""
    glued: list[str] = []
    is_text = False
    for argument in args or ():
        if is_text:
            glued[-1] = f"--text={_MARK}{argument}"
            is_text = False
        elif argument.startswith("--text="):
            glued.append(argument.replace("=", f"={_MARK}", 1))
        else:
            glued.append(argument)
            is_text = argument == "--text"
    return glued


def message_argument(text: str) -> str:
    """Return a message without its mark; a `type` for argparse."""
    return text.removeprefix(_MARK)
