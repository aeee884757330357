"""The arguments of the command `friends`, and the rows that they mean."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.lookup import find_accounts
from accounts.models import Account, Friend, FriendRequest
from accounts.states import WORKING_STATES, FriendRequestState
from foundation.commands import seconds
from foundation.refusals import Refusal
from qqhttp import Sex
from tabular.arguments import uin_argument

HELP = {
    "list": "show the friends of the accounts (of the UINs named, or all)",
    "requests": "show the people who ask to be friends",
    "accept": "accept friend requests, and wait for the gateway's answer",
    "refuse": "refuse friend requests, and wait for the gateway's answer",
    "add": "have an account ask one person to be its friend",
    "remove": "have an account remove one friend",
    "info": "fetch people's profiles from the gateway",
    "find": "search for people by age, sex and province",
    "presence": "ask the gateway which friends are online",
}
DECISIONS = ("accept", "refuse")
LINKS = ("add", "remove")
#: What is kept as the reason if the command names none.
NO_REASON = "manage.py friends"
SEXES = {"male": Sex.MALE, "female": Sex.FEMALE}


def add_friend_actions(
    parser: argparse.ArgumentParser, *, add_json: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add the actions and their arguments to a parser."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action, words in HELP.items():
        one = actions.add_parser(action, help=words, description=words)
        one.set_defaults(wrong_usage=one.error)
        one.add_argument(
            "--account", dest="accounts", action="append", default=[],
            type=uin_argument, metavar="A", help="an account; may be given several times",
        )  # fmt: skip
        if action not in {"presence", "find"}:
            one.add_argument("uins", nargs="*", type=uin_argument, metavar="UIN", help="a person")
        if action in {"list", "requests"}:
            _add_page(one)
        if action == "list":
            one.add_argument(
                "--ended", action="store_true", help="the friendships that have ended, too"
            )
        if action == "requests":
            one.add_argument(
                "--state", choices=[*FriendRequestState.values, "all"],
                default=FriendRequestState.WAITING.value, help="default: waiting",
            )  # fmt: skip
        if action in {*DECISIONS, "presence"}:
            one.add_argument(
                "--all", action="store_true", help="every waiting request, or every account"
            )
        if action not in {"list", "requests"}:
            one.add_argument(
                "--timeout", type=seconds, default=60.0, metavar="S",
                help="seconds to wait for the gateway; 0: do not wait",
            )  # fmt: skip
        if action in LINKS:
            one.add_argument(
                "--why", default=NO_REASON, metavar="TEXT", help="the reason, kept with it"
            )
        if action == "add":
            one.add_argument("--text", default="", metavar="TEXT", help="what the person is told")
        if action == "find":
            one.add_argument("--age", type=int, required=True, metavar="N")
            one.add_argument("--sex", choices=[*SEXES], required=True)
            one.add_argument("--province", default="", metavar="NAME")
        if action == "refuse":
            one.add_argument("--reason", default="", metavar="TEXT", help="what the person is told")
        add_json(one)


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="rows; default 100")
    parser.add_argument(
        "--after", type=int, default=0, metavar="NEXT", help="the rows after an earlier answer"
    )


def chosen_rows(rows: QuerySet[Any], options: dict[str, Any]) -> QuerySet[Any]:
    if options["accounts"]:
        rows = rows.filter(account__in=find_accounts(uins=options["accounts"]))
    return rows.filter(uin__in=options["uins"]) if options["uins"] else rows


def requests_meant(options: dict[str, Any]) -> list[FriendRequest]:
    """Return the waiting requests of the command; exit with wrong usage if it names none.

    Raises:
        Refusal: one of the people has no waiting request (`no_request`).
    """
    if bool(options["uins"]) == bool(options["all"]):
        options["wrong_usage"]("name the people by UIN, or say --all")
    rows = FriendRequest.objects.waiting().select_related("account").order_by("pk")
    requests: list[FriendRequest] = list(chosen_rows(rows, options))
    missing = sorted(set(options["uins"]) - {request.uin for request in requests})
    if missing or not requests:
        raise Refusal(
            _("No friend request waits of: %(uins)s.") % {"uins": ", ".join(map(str, missing))}
            if missing
            else _("No friend request waits."),
            code="no_request",
            uins=missing,
        )
    return requests


def accounts_meant(options: dict[str, Any]) -> list[Account]:
    if bool(options["accounts"]) == bool(options["all"]):
        options["wrong_usage"]("name the accounts with --account, or say --all")
    if options["accounts"]:
        return find_accounts(uins=options["accounts"])
    accounts = list(
        Account.objects.working()
        .filter(sessions__ended_at=None, sessions__isnull=False)
        .distinct()
        .order_by("uin")
    )
    if not accounts:
        raise Refusal(_("No account is logged in."), code="no_account")
    return accounts


def one_account(options: dict[str, Any]) -> Account:
    if len(options["accounts"]) != 1:
        options["wrong_usage"]("name one account with --account")
    return find_accounts(uins=options["accounts"])[0]


def one_person(options: dict[str, Any]) -> int:
    if len(options["uins"]) != 1:
        options["wrong_usage"]("name one person: this is never done in bulk")
    return int(options["uins"][0])


def who_knows(options: dict[str, Any]) -> dict[int, Account]:
    """Return an account for each of the people: the one that is named, or one of their friends.

    Raises:
        Refusal: nobody knows one of them (`no_friend`).
    """
    if options["accounts"]:
        account = one_account(options)
        return dict.fromkeys(options["uins"], account)
    friends = Friend.objects.current().filter(
        uin__in=options["uins"], account__state__in=WORKING_STATES
    )
    known = {friend.uin: friend.account for friend in friends.select_related("account")}
    missing = [uin for uin in options["uins"] if uin not in known]
    if missing:
        raise Refusal(
            _("No working account has this friend: %(uins)s. Name an account with --account.")
            % {"uins": ", ".join(map(str, missing))},
            code="no_friend",
            uins=missing,
        )
    return {uin: known[uin] for uin in options["uins"]}
