"""The command `friends list|requests|accept|refuse|add|remove|info|find|presence`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from accounts.account_tasks import request_account_task
from accounts.commands.account_tasks import Outcome, carry_out, wait_for_tasks
from accounts.commands.friend_arguments import (
    DECISIONS,
    HELP,
    LINKS,
    SEXES,
    accounts_meant,
    add_friend_actions,
    chosen_rows,
    one_account,
    one_person,
    requests_meant,
    who_knows,
)
from accounts.commands.friend_rows import (
    friend_data,
    link_data,
    profile_data,
    request_data,
    rows_text,
)
from accounts.friend_links.request import link_of, request_friend, request_removal
from accounts.friend_requests.decide import accept_friend_request, refuse_friend_request
from accounts.models import Account, AccountTask, AccountTaskKind, Friend, FriendRequest, Profile
from accounts.people_search import Question, people_found, request_search
from accounts.states import FriendLinkState
from clocks import shared
from foundation.commands import REFUSED, OperatorCommand
from foundation.newest_pages import newest_page
from foundation.refusals import Refusal

#: Friends have no order of their own on a page but their keys, so that `next` is one number.
LISTED = ("account", "uin", "nickname", "presence", "known_since", "ended_at")
REPORTED = ("account", "uin", "state", "nickname", "city", "online", "sentence")
REQUESTED = ("account", "uin", "state", "received_at", "text", "detail")


class Command(OperatorCommand):
    """Show friends and friend requests, answer requests, and ask who is online."""

    help = f"Friends of the accounts: {', '.join(HELP)}."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_friend_actions(parser, add_json=self.add_json_argument)

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action in DECISIONS:
            self._decide(options)
        elif action in LINKS:
            self._link(options)
        else:
            getattr(self, f"_{action}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        rows = Friend.objects.select_related("account").defer("account__credential")
        if not options["ended"]:
            rows = rows.filter(ended_at=None)
        self._page(chosen_rows(rows, options), options, data=friend_data, columns=LISTED)

    def _requests(self, options: dict[str, Any]) -> None:
        rows = FriendRequest.objects.select_related("account", "by").defer("account__credential")
        if options["state"] != "all":
            rows = rows.filter(state=options["state"])
        self._page(chosen_rows(rows, options), options, data=request_data, columns=REQUESTED)

    def _page(
        self, rows: Any, options: dict[str, Any], *, data: Any, columns: Sequence[str]
    ) -> None:
        found, following = newest_page(rows, options)
        items = [data(row) for row in found]
        self.answer(
            {"items": items, "next": following},
            as_json=options["json"],
            text=rows_text(items, columns),
        )

    def _decide(self, options: dict[str, Any]) -> None:
        requests = requests_meant(options)
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
        accounts = accounts_meant(options)
        outcomes = carry_out(
            accounts=accounts,
            request=_ask_presence,
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
            has_failed=_has_failed({one.account_id: one for one in outcomes}, options),
            as_json=options["json"],
        )

    def _link(self, options: dict[str, Any]) -> None:
        account, uin = one_account(options), one_person(options)
        said = {"account": account, "uin": uin, "purpose": options["why"]}
        if options["action"] == "add":
            account_task = request_friend(text=options["text"], **said)
        else:
            account_task = request_removal(**said)
        link = link_of(account=account, uin=uin)
        outcome = wait_for_tasks([account_task], timeout=options["timeout"])[account_task.pk]
        # The person may have to be asked: that is a second task.
        asking = AccountTask.objects.open().filter(
            account=account, uin=uin, kind=AccountTaskKind.ASK
        )
        if outcome.is_done and options["timeout"] and (asked := asking.first()) is not None:
            outcome = wait_for_tasks([asked], timeout=options["timeout"])[asked.pk]
        link.refresh_from_db()
        is_late = outcome.is_open and bool(options["timeout"])
        self._report(
            [{**link_data(link), "sentence": link.detail or outcome.sentence}],
            has_failed=is_late or link.state in (FriendLinkState.REFUSED, FriendLinkState.FAILED),
            as_json=options["json"],
        )

    def _info(self, options: dict[str, Any]) -> None:
        if not options["uins"]:
            options["wrong_usage"]("name the people by UIN")
        senders = who_knows(options)
        tasks = {
            uin: request_account_task(account=account, kind=AccountTaskKind.INFO, uin=uin)
            for uin, account in senders.items()
        }
        outcomes = wait_for_tasks(list(tasks.values()), timeout=options["timeout"])
        found = Profile.objects.in_bulk(list(tasks))
        items = [
            {
                "account": senders[uin].uin,
                **profile_data(uin, found.get(uin)),
                "sentence": outcomes[task.pk].sentence,
            }
            for uin, task in tasks.items()
        ]
        self._report(items, has_failed=_has_failed(outcomes, options), as_json=options["json"])

    def _find(self, options: dict[str, Any]) -> None:
        question = Question(options["age"], int(SEXES[options["sex"]]), options["province"])
        account_task = request_search(account=one_account(options), question=question)
        outcome = wait_for_tasks([account_task], timeout=options["timeout"])[account_task.pk]
        if not outcome.is_done:
            raise Refusal(outcome.sentence, code="not_done")
        account_task.refresh_from_db()
        people = people_found(account_task)
        self.answer(
            {"items": people, "next": None},
            as_json=options["json"],
            text=rows_text(people, ("uin", "nickname", "status", "face")),
        )

    def _report(self, items: list[dict[str, Any]], *, has_failed: bool, as_json: bool) -> None:
        columns = [
            key for key in ("account", "uin", "state", "online", "sentence") if key in items[0]
        ]
        self.answer({"items": items, "next": None}, as_json=as_json, text=rows_text(items, columns))
        if has_failed:
            sys.exit(REFUSED)


def _has_failed(outcomes: Mapping[int, Outcome], options: dict[str, Any]) -> bool:
    """Return whether one has failed, or was not done in the time that the operator waits."""
    return any(
        not one.is_done and not (one.is_open and not options["timeout"])
        for one in outcomes.values()
    )


def _ask_presence(account: Account) -> AccountTask:
    return request_account_task(account=account, kind=AccountTaskKind.PRESENCE)


def _answer(request: FriendRequest, options: dict[str, Any]) -> AccountTask:
    if options["action"] == "accept":
        return accept_friend_request(request=request)
    return refuse_friend_request(request=request, reason=options["reason"])
