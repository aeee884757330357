"""The command `accounts login|logout|sync|status|stat|schedule|rest|enable|warm-up`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from accounts.account_tasks import request_account_task
from accounts.commands.account_tasks import Outcome, carry_out
from accounts.keep_schedules import schedule_of, schedule_sentence, set_schedule
from accounts.lookup import find_accounts
from accounts.models import Account, AccountTask, AccountTaskKind, Lease, WarmUpCurve
from accounts.pools import find_pools, members_of
from accounts.show_status import show_status
from accounts.states import (
    STOPPED_STATES,
    WORKING_STATES,
    AccountState,
    PresenceStatus,
    StateReason,
)
from accounts.status_schedules import (
    LOGGED_OUT,
    OTHERWISE,
    STATUSES,
    StatusSchedule,
    read_schedule,
)
from accounts.transitions import (
    disable_account,
    enable_account,
    quarantine_account,
    rest_account,
)
from accounts.wake_ups import wake_reconciler
from accounts.warm_ups import find_curve, progress_of, start_warm_up, stop_warm_up
from clocks import shared
from foundation.commands import REFUSED, OperatorCommand, seconds
from foundation.refusals import Refusal
from foundation.sentences import Sentence
from foundation.terminal_tables import table
from foundation.times import utc_iso
from labels.labelling import find_labels
from tabular.arguments import uin_argument

#: Action -> the states of the accounts that --all selects.
ALL_MEANS = {
    "login": WORKING_STATES,
    "logout": WORKING_STATES,
    "sync": WORKING_STATES,
    "stat": WORKING_STATES,
    "rest": WORKING_STATES,
    "enable": (*STOPPED_STATES, AccountState.RESTING),
    "warm-up": tuple(AccountState),
    "schedule": tuple(AccountState),
    "status": tuple(AccountState),
}
HELP = {
    "login": "log the accounts in and wait for the gateway's answer",
    "logout": "log the accounts out; one with messages to send logs in again",
    "sync": "read the accounts' friend lists from the gateway",
    "status": "show the accounts' states (of all of them if none is named)",
    "stat": "set what the accounts show their friends, or take them out of use",
    "schedule": "have the accounts show a status by the hours of their week, or log out",
    "rest": "make the accounts send nothing for a while",
    "enable": "enable accounts that are quarantined, disabled or resting",
    "warm-up": "put accounts on a warm-up curve, or take them off",
}


#: Actions of the accounts' lanes.
TASKS = frozenset({"login", "logout", "sync", "stat"})
NAMES = {status: name for name, status in STATUSES.items()}
STOPS = ("quarantine", "disable")


class Command(OperatorCommand):
    """Log accounts in and out, sync their friends, show and set their states, rest or enable."""

    help = f"Sender accounts: {', '.join(HELP)}."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action, words in HELP.items():
            one = actions.add_parser(action, help=words, description=words)
            one.set_defaults(wrong_usage=one.error)
            one.add_argument("uins", nargs="*", type=uin_argument, metavar="UIN", help="an account")
            one.add_argument(
                "--all", action="store_true", help="every account in a state that allows the action"
            )
            one.add_argument(
                "--label", dest="labels", action="extend", nargs="+", default=[], metavar="L",
                help="every account with all of these labels, in a state that allows the action",
            )  # fmt: skip
            one.add_argument(
                "--pool", dest="pools", action="extend", nargs="+", default=[], metavar="P",
                help="every member of these pools, in a state that allows the action",
            )  # fmt: skip
            self.add_json_argument(one)
            if action == "schedule":
                one.add_argument(
                    "--status", dest="lines", action="extend", nargs="+", default=[],
                    metavar="LINE",
                    help='a status and its hours, like "online mon-fri=09:00-18:00"; the first '
                    "whose hours hold counts (online, busy, invisible, logged-out)",
                )  # fmt: skip
                one.add_argument(
                    "--otherwise", choices=[*STATUSES, LOGGED_OUT], help="the status at other times"
                )
                one.add_argument(
                    "--timezone", default="", metavar="TZ", help="default: the console's"
                )
                one.add_argument("--off", action="store_true", help="take the schedule off")
            if action == "warm-up":
                which = one.add_mutually_exclusive_group(required=True)
                which.add_argument("--curve", metavar="NAME", help="the warm-up curve")
                which.add_argument("--off", action="store_true", help="take them off")
            if action == "stat":
                one.add_argument(
                    "--set", dest="to", required=True, choices=[*STATUSES, *STOPS],
                    help="the status that friends see, or what stops the account",
                )  # fmt: skip
            if action in TASKS:
                one.add_argument(
                    "--timeout", type=seconds, default=60.0, metavar="S", help="seconds to wait"
                )
            if action == "rest":
                one.add_argument(
                    "--seconds", type=seconds, metavar="S", help="seconds to rest; default: an hour"
                )

    def perform(self, **options: Any) -> None:
        action, as_json = options["action"], options["json"]
        accounts = _accounts_meant(action, options)
        if action == "status":
            self._show(accounts, as_json=as_json)
            return
        if action in TASKS and options.get("to") not in STOPS:
            request = partial(_request, action=action, to=options.get("to"))
            outcomes = carry_out(
                accounts=accounts,
                request=request,
                timeout=options["timeout"],
                # The status of an account that is not logged in is only stored.
                needs_worker=action != "stat",
            )
        elif action == "warm-up":
            curve = None if options["off"] else find_curve(name=options["curve"])
            outcomes = [_warm_up(account, curve) for account in accounts]
        elif action == "schedule":
            schedule = _schedule_given(options)
            outcomes = [_set_schedule(account, schedule) for account in accounts]
        else:
            outcomes = [_change(account, action, options) for account in accounts]
            wake_reconciler()
        self._report(outcomes, as_json=as_json)

    def _show(self, accounts: Sequence[Account], *, as_json: bool) -> None:
        statuses = [status_of(account) for account in accounts]
        text = _("There are no accounts yet: manage.py import_accounts FILE.")
        if statuses and not as_json:
            shown = ("uin", "name", "state", "since", "friends", "egress", "detail")
            text = table(heading=shown, rows=[[one[key] for key in shown] for one in statuses])
        self.answer(statuses, as_json=as_json, text=text)

    def _report(self, outcomes: Sequence[Outcome], *, as_json: bool) -> None:
        """Print a row for each account; the sentences of failures go to standard error as well."""
        now = Account.objects.in_bulk([outcome.account_id for outcome in outcomes])
        columns = ("uin", "state", "reason", "sentence", "friends")
        rows = []
        for outcome in outcomes:
            account = now[outcome.account_id]
            rows.append(
                (
                    account.uin,
                    account.state,
                    account.state_reason,
                    outcome.sentence,
                    account.friend_count,
                )
            )
        self.answer(
            [dict(zip(columns, row, strict=True)) for row in rows],
            as_json=as_json,
            text=table(heading=columns, rows=rows),
        )
        failed = [outcome for outcome in outcomes if not outcome.is_done]
        if not as_json:
            for outcome in failed:
                self.stderr.write(f"{now[outcome.account_id].uin}: {outcome.sentence}")
        if failed:
            sys.exit(REFUSED)


def status_of(account: Account) -> dict[str, Any]:
    """Return the item of an account in `accounts status --json`; times are in UTC."""
    lease: Lease | None = getattr(account, "lease", None)
    progress = progress_of(account) if account.warm_up_limit is not None else None
    schedule = schedule_of(account)
    bound = lease.egress if lease is not None and lease.egress is not None else account.egress
    return {
        "uin": account.uin,
        "name": account.name,
        "state": account.state,
        "reason": account.state_reason,
        "detail": account.state_detail,
        "since": utc_iso(account.state_changed_at),
        "friends": account.friend_count,
        "friends_synced_at": utc_iso(account.friends_synced_at),
        "egress": bound.name if bound else None,
        "pace": {
            "min_interval": account.min_interval,
            "per_minute": account.per_minute,
            "per_hour": account.per_hour,
            "per_day": account.per_day,
        },
        "resting_until": utc_iso(_rest(lease)),
        "last_seq": lease.last_seq if lease else None,
        "labels": [label.name for label in account.labels.all()],
        "warm_up": asdict(progress) if progress is not None else None,
        "shown_as": NAMES[PresenceStatus(account.presence)],
        "schedule": schedule.as_data() if schedule is not None else None,
    }


def _rest(lease: Lease | None) -> datetime | None:
    """Return the end of an account's rest; None if it is not resting."""
    if lease is None or lease.resting_until is None or lease.resting_until <= shared.now():
        return None
    return shared.as_wall(lease.resting_until)


def _accounts_meant(action: str, options: dict[str, Any]) -> list[Account]:
    """Return the accounts of the command; exit with wrong usage if it names none.

    Raises:
        Refusal: --all selects no account.
    """
    if options["uins"] and (options["all"] or options["labels"] or options["pools"]):
        options["wrong_usage"]("name the accounts, or say --all, --label or --pool, not both")
    if options["uins"]:
        ids = [account.pk for account in find_accounts(uins=options["uins"])]
        found = _with_relations().in_bulk(ids)
        return [found[pk] for pk in ids]
    if not (options["all"] or options["labels"] or options["pools"]) and action != "status":
        options["wrong_usage"]("name the accounts by UIN, or say --all, --label or --pool")
    rows = _with_relations().filter(state__in=ALL_MEANS[action])
    for label in find_labels(names=options["labels"]):
        rows = rows.filter(
            pk__in=Account.labels.through.objects.filter(label=label).values("account")
        )
    if options["pools"]:
        pools = find_pools(names=options["pools"])
        rows = rows.filter(pk__in=[one.pk for pool in pools for one in members_of(pool)])
    accounts = list(rows.order_by("uin"))
    if not accounts and action != "status":
        raise Refusal(
            _("No account is in a state that allows this. See manage.py accounts status."),
            code="no_account",
        )
    return accounts


def _with_relations() -> Any:
    rows = Account.objects.select_related("egress", "lease", "lease__egress")
    # No action needs the credential here, and to decrypt it takes longer than to read the row.
    return rows.defer("credential").prefetch_related("labels")


def _request(account: Account, *, action: str, to: str | None) -> AccountTask | None:
    if to is not None:
        return show_status(account=account, status=STATUSES[to])
    return request_account_task(account=account, kind=AccountTaskKind(action))


def _warm_up(account: Account, curve: WarmUpCurve | None) -> Outcome:
    try:
        if curve is None:
            stop_warm_up(account=account)
        else:
            start_warm_up(account=account, curve=curve)
    except Refusal as refusal:
        return Outcome(account.pk, False, refusal.sentence)
    progress = progress_of(account)
    return Outcome(account.pk, True, progress.sentence if progress is not None else _("Done."))


def _schedule_given(options: dict[str, Any]) -> StatusSchedule | None:
    """Return the schedule of the command; None to take it off.

    Raises:
        Refusal: it cannot be read.
    """
    given = bool(options["lines"] or options["otherwise"] or options["timezone"])
    if options["off"] == given:
        options["wrong_usage"]("give a schedule by --status and --otherwise, or say --off")
    if options["off"]:
        return None
    lines = [*options["lines"]]
    if options["otherwise"]:
        lines.append(f"{OTHERWISE} {options['otherwise']}")
    return read_schedule("\n".join(lines), zone=options["timezone"])


def _set_schedule(account: Account, schedule: StatusSchedule | None) -> Outcome:
    set_schedule(account=account, schedule=schedule)
    return Outcome(account.pk, True, schedule_sentence(account) or _("Done."))


def _change(account: Account, action: str, options: dict[str, Any]) -> Outcome:
    try:
        if action == "rest":
            rest_account(account=account, seconds=options["seconds"])
        elif options.get("to") == "disable":
            disable_account(account=account)
        elif options.get("to") == "quarantine":
            quarantine_account(
                account=account,
                reason=StateReason.BY_OPERATOR,
                detail=Sentence("Quarantined by an operator on the command line."),
            )
        else:
            enable_account(account=account)
    except Refusal as refusal:
        return Outcome(account.pk, False, refusal.sentence)
    account.refresh_from_db(fields=["state_detail"])
    return Outcome(account.pk, True, account.state_detail or _("Done."))
