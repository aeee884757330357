"""The command `friends list|requests|accept|refuse|presence`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.account_tasks import request_account_task
from accounts.commands.account_tasks import carry_out, wait_for_tasks
from accounts.commands.friend_rows import friend_data, request_data, rows_text
from accounts.friend_requests.decide import accept_friend_request, refuse_friend_request
from accounts.lookup import find_accounts
from accounts.models import Account, AccountTask, AccountTaskKind, Friend, FriendRequest
from accounts.states import FriendRequestState
from clocks import shared
from foundation.commands import REFUSED, OperatorCommand, seconds
from foundation.refusals import Refusal
from tabular.arguments import uin_argument

HELP = {
    "list": "show the friends of the accounts (of the UINs named, or all)",
    "requests": "show the people who ask to be friends",
    "accept": "accept friend requests, and wait for the gateway's answer",
    "refuse": "refuse friend requests, and wait for the gateway's answer",
    "presence": "ask the gateway which friends are online",
}
DECISIONS = ("accept", "refuse")
MOST_LISTED = 1_000
#: Friends have no order of their own on a page but their keys, so that `next` is one number.
LISTED = ("account", "uin", "nickname", "presence", "known_since", "ended_at")
REQUESTED = ("account", "uin", "state", "received_at", "text", "detail")


class Command(OperatorCommand):
    """Show friends and friend requests, answer requests, and ask who is online."""

    help = f"Friends of the accounts: {', '.join(HELP)}."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action, words in HELP.items():
            one = actions.add_parser(action, help=words, description=words)
            one.set_defaults(wrong_usage=one.error)
            one.add_argument(
                "--account", dest="accounts", action="extend", nargs="+", default=[],
                type=uin_argument, metavar="A", help="only of these accounts",
            )  # fmt: skip
            if action != "presence":
                one.add_argument(
                    "uins", nargs="*", type=uin_argument, metavar="UIN", help="a person"
                )
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
                    "--all", action="store_true",
                    help="every waiting request, or every account" ,
                )  # fmt: skip
                one.add_argument(
                    "--timeout", type=seconds, default=60.0, metavar="S",
                    help="seconds to wait for the gateway; 0: do not wait",
                )  # fmt: skip
            if action == "refuse":
                one.add_argument(
                    "--reason", default="", metavar="TEXT", help="what the person is told"
                )
            self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action in DECISIONS:
            self._decide(options)
        else:
            getattr(self, f"_{action}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        rows = Friend.objects.select_related("account").defer("account__credential")
        if not options["ended"]:
            rows = rows.filter(ended_at=None)
        self._page(_chosen(rows, options), options, data=friend_data, columns=LISTED)

    def _requests(self, options: dict[str, Any]) -> None:
        rows = FriendRequest.objects.select_related("account", "by").defer("account__credential")
        if options["state"] != "all":
            rows = rows.filter(state=options["state"])
        self._page(_chosen(rows, options), options, data=request_data, columns=REQUESTED)

    def _page(
        self, rows: Any, options: dict[str, Any], *, data: Any, columns: Sequence[str]
    ) -> None:
        if options["after"] > 0:
            rows = rows.filter(pk__lt=min(options["after"], 2**62))
        most = max(1, min(options["limit"], MOST_LISTED))
        found = list(rows.order_by("-pk")[: most + 1])
        items = [data(row) for row in found[:most]]
        following = found[most - 1].pk if len(found) > most else None
        self.answer(
            {"items": items, "next": following},
            as_json=options["json"],
            text=rows_text(items, columns),
        )

    def _decide(self, options: dict[str, Any]) -> None:
        requests = _requests_meant(options)
        tasks: dict[int, AccountTask] = {}
        refused: dict[int, str] = {}
        for request in requests:
            try:
                tasks[request.pk] = _answer(request, options)
            except Refusal as refusal:
                refused[request.pk] = refusal.sentence
        outcomes = wait_for_tasks(list(tasks.values()), timeout=options["timeout"])
        now = FriendRequest.objects.select_related("account", "by").in_bulk(
            [request.pk for request in requests]
        )
        items, has_failed = [], bool(refused)
        for request in requests:
            sentence = refused.get(request.pk, "")
            if request.pk in tasks:
                outcome = outcomes[tasks[request.pk].pk]
                is_waited_for = options["timeout"] or not outcome.is_open
                sentence = outcome.sentence if is_waited_for else ""
                has_failed |= bool(is_waited_for) and not outcome.is_done
            items.append({**request_data(now[request.pk]), "sentence": sentence})
        self._report(items, has_failed=has_failed, as_json=options["json"])

    def _presence(self, options: dict[str, Any]) -> None:
        accounts = _accounts_meant(options)
        outcomes = carry_out(
            accounts=accounts,
            request=partial(request_account_task, kind=AccountTaskKind.PRESENCE),
            timeout=options["timeout"],
        )
        items = [
            {
                "account": account.uin,
                "online": Friend.objects.current()
                .online(at=shared.wall())
                .filter(account=account)
                .count(),
                "sentence": outcome.sentence,
            }
            for account, outcome in zip(accounts, outcomes, strict=True)
        ]
        self._report(
            items,
            has_failed=any(
                not one.is_done and not (one.is_open and not options["timeout"]) for one in outcomes
            ),
            as_json=options["json"],
        )

    def _report(self, items: list[dict[str, Any]], *, has_failed: bool, as_json: bool) -> None:
        columns = [
            key for key in ("account", "uin", "state", "online", "sentence") if key in items[0]
        ]
        self.answer({"items": items, "next": None}, as_json=as_json, text=rows_text(items, columns))
        if has_failed:
            sys.exit(REFUSED)


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="rows; default 100")
    parser.add_argument(
        "--after", type=int, default=0, metavar="NEXT", help="the rows after an earlier answer"
    )


def _chosen(rows: QuerySet[Any], options: dict[str, Any]) -> QuerySet[Any]:
    if options["accounts"]:
        rows = rows.filter(account__in=find_accounts(uins=options["accounts"]))
    return rows.filter(uin__in=options["uins"]) if options["uins"] else rows


def _requests_meant(options: dict[str, Any]) -> list[FriendRequest]:
    """Return the waiting requests of the command; exit with wrong usage if it names none.

    Raises:
        Refusal: one of the people has no waiting request (`no_request`).
    """
    if bool(options["uins"]) == bool(options["all"]):
        options["wrong_usage"]("name the people by UIN, or say --all")
    rows = FriendRequest.objects.waiting().select_related("account").order_by("pk")
    requests: list[FriendRequest] = list(_chosen(rows, options))
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


def _accounts_meant(options: dict[str, Any]) -> list[Account]:
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


def _answer(request: FriendRequest, options: dict[str, Any]) -> AccountTask:
    if options["action"] == "accept":
        return accept_friend_request(request=request)
    return refuse_friend_request(request=request, reason=options["reason"])
