"""The arguments of `manage.py inbox`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from campaigns.commands.free_text import FreeTextParser, message_argument
from campaigns.commands.output_file import add_out_argument
from conversations.states import ConversationState
from foundation.commands import seconds
from tabular.arguments import uin_argument

#: The actions on one conversation, with their help.
OF_ONE = {
    "show": "show what both wrote, newest first",
    "answer": "answer the person, from the account that was written to",
    "assign": "assign it to an operator, or to nobody",
    "close": "close it; the person's next message reopens it",
    "reopen": "reopen it",
    "read": "count its messages as read",
    "note": "write its note",
    "label": "put labels on it, or take them off",
}
#: The most rows that `list` and `show` print.
MOST_LISTED = 1_000


def add_inbox_actions(parser: argparse.ArgumentParser, *, add_json: Callable[[Any], None]) -> None:
    """Add every action with its arguments."""
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="ACTION", parser_class=FreeTextParser
    )
    made: dict[str, argparse.ArgumentParser] = {}

    def add(action: str, words: str) -> argparse.ArgumentParser:
        one: argparse.ArgumentParser = actions.add_parser(action, help=words, description=words)
        one.set_defaults(wrong_usage=one.error)
        add_json(one)
        made[action] = one
        return one

    listing = add("list", "list conversations, the one with the newest message first")
    export = add("export", "write the messages of conversations to a file")
    for one in (listing, export):
        _add_filters(one)
    _add_page(listing, "conversations")
    add_out_argument(export)
    export.add_argument("--format", choices=["csv", "json"], default="csv")
    for action, words in OF_ONE.items():
        one = add(action, words)
        one.add_argument("--uin", type=uin_argument, required=True, metavar="U", help="the person")
        one.add_argument(
            "--account", type=uin_argument, metavar="A",
            help="the account; not needed if the person wrote to one only",
        )  # fmt: skip
    _add_page(made["show"], "messages")
    _add_answer(made["answer"])
    to = made["assign"].add_mutually_exclusive_group(required=True)
    to.add_argument("--to", metavar="USER", help="the operator")
    to.add_argument("--nobody", action="store_true", help="nobody")
    made["note"].add_argument(
        "--text", type=message_argument, required=True, metavar="T", help='the note; "" for none'
    )
    made["label"].add_argument("--add", action="append", default=[], metavar="L")
    made["label"].add_argument("--remove", action="append", default=[], metavar="L")


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--uin", type=uin_argument, metavar="U", help="with this person")
    parser.add_argument("--account", type=uin_argument, metavar="A", help="of this account")
    parser.add_argument("--unread", action="store_true", help="only those with unread messages")
    parser.add_argument("--state", choices=ConversationState.values, help="default: both")
    of_whom = parser.add_mutually_exclusive_group()
    of_whom.add_argument("--assigned-to", metavar="USER", help="only those of this operator")
    of_whom.add_argument("--unassigned", action="store_true", help="only those of nobody")
    parser.add_argument(
        "--campaign", metavar="NAME", help="only with people who got a message of this campaign"
    )
    parser.add_argument(
        "--replied", action="store_true", help="with --campaign: only those who replied to it"
    )
    parser.add_argument("--label", action="append", default=[], metavar="L", dest="labels")
    parser.add_argument("--search", default="", metavar="WORDS", help="in texts, names and UINs")


def _add_page(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--limit", type=int, default=50, metavar="N", help=f"{what}, at most 1000")
    parser.add_argument("--next", default="", metavar="PLACE", help="go on at `next` of a page")


def _add_answer(parser: argparse.ArgumentParser) -> None:
    text = parser.add_mutually_exclusive_group(required=True)
    text.add_argument(
        "--text", type=message_argument, metavar="T", help="the text; it is sent as it is written"
    )
    text.add_argument("--canned", metavar="NAME", help="a canned answer, made for the person")
    parser.add_argument(
        "--key", metavar="K", help="sends once however often it is repeated; up to 64 characters"
    )
    parser.add_argument("--by", metavar="USER", help="the operator")
    parser.add_argument(
        "--also-suppressed", action="store_true", help="also to a person who opted out"
    )
    parser.add_argument(
        "--wait", type=seconds, default=0.0, metavar="S",
        help="wait up to so many seconds for the result; exit status 1 if it is not sent then",
    )  # fmt: skip
