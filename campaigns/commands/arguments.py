"""What `manage.py campaign` may be told."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.base import CommandParser

from campaigns.creation.create_campaign import DEFAULT_TIMEZONE
from campaigns.reports.run_report import WRITERS
from campaigns.run_control.unknown_deliveries import VERDICTS
from foundation.commands import seconds
from sending.states import DeliveryState, Promise

#: What can be done to a campaign that is named and nothing more.
SIMPLE_ACTIONS = {
    "preflight": "say what a start would do, without doing any of it",
    "start": "start it, or have it start at its time",
    "pause": "stop before the next message of each account",
    "resume": "go on",
    "cancel": "stop for good",
    "unknown": "list those of whom nobody knows whether the message arrived, in the newest run",
}


#: Put before a message, so that argparse cannot take `--` or the like for itself. No argument of
#: a process can hold this character.
_MARK = "\0"


class FreeTextParser(CommandParser):
    """A parser that takes a message for what it is, also one that begins with a dash."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        return super().parse_known_args(_glued(args), namespace)


def _glued(args: Sequence[str] | None) -> list[str]:
    """Return the arguments with `--text X` as one, and X marked so that nothing reads it."""
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


def _message(text: str) -> str:
    """Return a message without its mark."""
    return text.removeprefix(_MARK)


def add_actions(parser: argparse.ArgumentParser, *, add_json: Callable[[Any], None]) -> None:
    """Add every action with its arguments."""
    actions = parser.add_subparsers(
        dest="action",
        required=True,
        metavar="ACTION",
        parser_class=FreeTextParser,
    )

    def add(action: str, words: str) -> argparse.ArgumentParser:
        one = actions.add_parser(action, help=words, description=words)
        one.add_argument("name", metavar="NAME", help="the campaign")
        one.set_defaults(wrong_usage=one.error)
        add_json(one)
        return one

    _add_creation(add("create", "make a campaign; it sends nothing until it is started"))
    for action, words in SIMPLE_ACTIONS.items():
        add(action, words)
    _add_retry(add("retry", "try again what failed, in the newest run"))
    _add_resolution(add("resolve", "say what became of unknown deliveries of the newest run"))
    _add_run(add("status", "say where the newest run stands"))
    wait = add("wait", "wait until the newest run has ended")
    wait.add_argument("--timeout", type=seconds, metavar="S", help="at most this many seconds")
    report = add("report", "write a row for every delivery of the newest run")
    report.add_argument("--format", choices=list(WRITERS), default="csv")
    report.add_argument("--out", required=True, metavar="FILE", help="where to; - for the output")
    _add_run(report)


def _add_creation(create: argparse.ArgumentParser) -> None:
    create.add_argument(
        "--list", dest="lists", action="append", default=[], metavar="L", help="to this list"
    )
    create.add_argument(
        "--segment",
        dest="segments",
        action="append",
        default=[],
        metavar="S",
        help="and to whoever is in this segment when the run is planned",
    )
    create.add_argument(
        "--exclude-list",
        dest="excluded_lists",
        action="append",
        default=[],
        metavar="L",
        help="but not to the people of this one",
    )
    message = create.add_mutually_exclusive_group(required=True)
    message.add_argument("--text", type=_message, metavar="T", help="what to say, in Liquid")
    message.add_argument("--template", metavar="NAME", help="a template that says it")
    create.add_argument(
        "--account",
        dest="accounts",
        action="extend",
        nargs="+",
        type=int,
        default=[],
        metavar="UIN",
        help="by whom; every account that works when left out",
    )
    create.add_argument("--at", metavar="ISO", help="not before this time (in --timezone)")
    create.add_argument("--window", metavar="09:00-20:00", help="the hours of sending")
    create.add_argument("--timezone", default=DEFAULT_TIMEZONE, metavar="TZ")
    create.add_argument("--promise", choices=Promise.values, default=Promise.NEVER_TWICE.value)
    create.add_argument(
        "--strangers", action="store_true", help="also to people who are nobody's friend"
    )


def _add_retry(retry: argparse.ArgumentParser) -> None:
    retry.add_argument(
        "--state",
        dest="states",
        action="append",
        choices=[DeliveryState.FAILED.value, DeliveryState.UNKNOWN.value],
        help="failed ones when left out; unknown ones may get it twice, so say so by name",
    )
    retry.add_argument("--res", metavar="CODE", help="only those whose last result was this")


def _add_resolution(resolve: argparse.ArgumentParser) -> None:
    resolve.add_argument(
        "--as",
        dest="verdict",
        required=True,
        choices=list(VERDICTS),
        help="seen arriving, not arrived, or send it again (some people may then get it twice)",
    )
    which = resolve.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--uin",
        dest="uins",
        action="extend",
        nargs="+",
        type=int,
        metavar="UIN",
        help="of these people",
    )
    which.add_argument("--all", action="store_true", help="all that are unknown")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=int, metavar="N", help="a certain run instead of the newest")
