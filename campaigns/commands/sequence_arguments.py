"""The arguments of `manage.py sequence`, and the steps that they give."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from campaigns.commands.decisions import add_decision_arguments
from campaigns.creation.create_campaign import DEFAULT_TIMEZONE
from campaigns.creation.sequence_steps import Step, read_when
from campaigns.find import find_segments, find_template
from foundation.names import without_controls
from foundation.refusals import Refusal
from tabular.arguments import uin_argument

#: Actions whose only argument is the name of the sequence, with their help.
SIMPLE_ACTIONS = {
    "start": "start it, or continue one that was stopped; ask for an approval if it needs one",
    "stop": "pause it: no one enters or moves on, and nothing is sent, until it is started again; "
    "withdraw the request if it waits for an approval",
    "end": "end it permanently; what is not sent is cancelled",
    "archive": "take it out of lists; it can be restored",
    "restore": "show an archived sequence again",
    "status": "show the people by state, and the figures of each step",
}

DECISIONS = {
    "approve": "approve what it asks for: it starts, or continues",
    "reject": "send back what it asks for",
}


def add_sequence_actions(
    parser: argparse.ArgumentParser, *, add_json: Callable[[Any], None]
) -> None:
    """Add every action with its arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def add(action: str, words: str) -> argparse.ArgumentParser:
        one: argparse.ArgumentParser = actions.add_parser(action, help=words, description=words)
        one.set_defaults(wrong_usage=one.error)
        add_json(one)
        return one

    create = add("create", "create a sequence; no one enters it until it is started")
    create.add_argument("name", metavar="NAME", help="the sequence")
    _add_creation(create)
    for action, words in SIMPLE_ACTIONS.items():
        add(action, words).add_argument("name", metavar="NAME", help="the sequence")
    for action, words in DECISIONS.items():
        one = add(action, words)
        one.add_argument("name", metavar="NAME", help="the sequence")
        add_decision_arguments(one)
    listed = add("list", "list the sequences")
    listed.add_argument("--archived", action="store_true", help="those that are archived")


def _add_creation(create: argparse.ArgumentParser) -> None:
    for option, dest, words in (
        ("--list", "lists", "who enters this list"),
        ("--segment", "segments", "who comes to meet the conditions of this segment"),
        ("--exclude-list", "excluded_lists", "the people of this list do not enter"),
        ("--pool", "pools", "the accounts of this pool send"),
    ):
        create.add_argument(
            option, dest=dest, action="append", default=[], metavar="NAME", help=words
        )
    for option, dest, words in (
        ("--friends-of", "friends_of", "who becomes a friend of these accounts"),
        ("--account", "accounts", "sender accounts; default: those of --friends-of, or all"),
    ):
        create.add_argument(
            option,
            dest=dest,
            action="extend",
            nargs="+",
            type=uin_argument,
            default=[],
            metavar="UIN",
            help=words,
        )
    for option, words in (
        (
            "--step",
            'a message: "0m=TEXT", "1d=TEXT", "1d?not-replied=TEXT"; may be repeated. After ?: '
            "replied, not-replied, failed, segment:NAME or not-segment:NAME. Then where people "
            'go: "1d?segment:VIP,then:4,else:end=TEXT"',
        ),
        ("--step-template", 'the same with a template: "1d=TEMPLATE"'),
    ):
        create.add_argument(
            option,
            dest="steps",
            action="append",
            type=_with_template if option == "--step-template" else _with_text,
            default=[],
            metavar="WAIT=..",
            help=words,
        )
    create.add_argument(
        "--window", dest="windows", action="append", metavar="WINDOW", help="when to send"
    )
    create.add_argument("--timezone", default=DEFAULT_TIMEZONE, metavar="TZ")
    create.add_argument(
        "--existing", action="store_true", help="also the people who are there at the start"
    )
    create.add_argument(
        "--continue-on-reply",
        action="store_true",
        help="who replied only misses the steps for those who did not",
    )


def steps_from(options: dict[str, Any]) -> list[Step]:
    """Return the steps in the order in which they were given.

    Raises:
        Refusal: one cannot be read (`step_malformed`), or its template or segment is unknown.
    """
    return [_step(text, is_template=is_template) for text, is_template in options["steps"]]


def _step(text: str, *, is_template: bool) -> Step:
    when, sign, message = text.partition("=")
    if not sign:
        raise Refusal(
            _("The step “%(text)s” cannot be read: write it like 1d=TEXT.")
            % {"text": without_controls(text)[:40]},
            code="step_malformed",
        )
    found = read_when(when)
    segments = find_segments(names=[found.segment] if found.segment else [])
    return Step(
        found.wait_seconds,
        found.only_if,
        text="" if is_template else message,
        template=find_template(name=message) if is_template else None,
        segment=segments[0] if segments else None,
        then_to=found.then_to,
        else_to=found.else_to,
    )


def _with_text(text: str) -> tuple[str, bool]:
    return text, False


def _with_template(text: str) -> tuple[str, bool]:
    return text, True
