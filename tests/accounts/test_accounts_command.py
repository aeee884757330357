"""The command `accounts`: a row for each account, exit statuses, and JSON."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.account_tasks import finish_account_task
from accounts.gateway.outages import begin_outage
from accounts.management.commands.accounts import Command
from accounts.models import Account, AccountTask, AccountTaskState, Egress, Friend, Lease, Worker
from accounts.states import AccountState, PresenceStatus, StateReason
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

KEYS = [
    "uin", "name", "state", "reason", "detail", "since", "friends", "friends_synced_at",
    "egress", "pace", "resting_until", "last_seq", "labels", "warm_up",
    "shown_as", "schedule",
]  # fmt: skip
ROW = ["uin", "state", "reason", "sentence", "friends"]


def make_account(uin: int = 20_001, **columns: Any) -> Account:
    account = Account.objects.create(uin=uin, **{"credential": "x" * 32, **columns})
    Lease.objects.create(account=account, last_seq=uin)
    return account


def make_worker(name: str = "default", *, age: float = 0) -> Worker:
    at = timezone.now() - timedelta(seconds=age)
    egress, _ = Egress.objects.get_or_create(name=name)
    return Worker.objects.create(
        egress=egress, hostname="h", pid=1, version="1", started_at=at, heartbeat_at=at
    )


# --- status -----------------------------------------------------------------------------------


def test_status_shows_all_fields_of_an_account() -> None:
    since = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)
    until = timezone.now() + timedelta(hours=1)
    account = make_account(
        name="客服",
        state=AccountState.RESTING,
        state_reason=StateReason.TOO_FAST,
        state_detail="RES=3",
        state_changed_at=since,
        min_interval=2.5,
        per_minute=10,
        friend_count=200,
        friends_synced_at=since,
        egress=Egress.objects.create(name="north"),
    )
    Lease.objects.filter(account=account).update(resting_until=until, last_seq=77)
    (one,) = manage("accounts", "status", "--json").json
    assert list(one) == KEYS
    assert datetime.fromisoformat(one.pop("resting_until")) == until
    assert one == {
        "uin": 20_001,
        "name": "客服",
        "state": "resting",
        "reason": "too_fast",
        "detail": "RES=3",
        "since": "2026-03-02T04:05:06Z",
        "friends": 200,
        "friends_synced_at": "2026-03-02T04:05:06Z",
        "egress": "north",
        "pace": {"min_interval": 2.5, "per_minute": 10, "per_hour": None, "per_day": None},
        "last_seq": 77,
        "labels": [],
        "warm_up": None,
        "shown_as": "online",
        "schedule": None,
    }
    assert "x" * 32 not in str(one)


def test_status_shows_the_bound_egress_and_no_ended_rest() -> None:
    account = make_account()
    past, south = timezone.now() - timedelta(minutes=1), Egress.objects.create(name="south")
    Lease.objects.filter(account=account).update(resting_until=past, egress=south)
    (one,) = manage("accounts", "status", "20001", "--json").json
    assert (one["egress"], one["resting_until"]) == ("south", None)


def test_status_without_arguments_prints_an_aligned_table_of_all_accounts() -> None:
    make_account(20_002, name="客服二号")
    make_account(20_001, name="desk")
    said = manage("accounts", "status")
    heading, first, second = said.out.splitlines()
    assert said.status == 0
    assert (first.split()[0], second.split()[0]) == ("20001", "20002")
    # Four Chinese characters are eight columns wide.
    assert first.index("new") == second.index("new") + 4 == heading.index("state")


def test_status_without_accounts_says_what_to_do() -> None:
    assert manage("accounts", "status", "--json").json == []
    assert "import_accounts" in manage("accounts", "status").out


@pytest.mark.parametrize("action", ["status", "login", "sync", "rest", "enable"])
def test_an_unknown_uin_is_refused(action: str) -> None:
    make_account()
    said = manage("accounts", action, "20001", "99999", "--json")
    assert said.status == 1
    assert said.json["error"] == "account_unknown"
    assert said.json["uins"] == [99_999]
    assert not AccountTask.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["login", "me"],
        ["rest", "1", "--seconds", "x"],
        ["rest", "1", "--seconds", "-4"],
        ["rest", "1", "--seconds", "inf"],
        ["rest", "1", "--seconds", "1e12"],
        ["login", "1", "--timeout", "nan"],
        ["pause", "1"],
        ["sync", "--timeout"],
    ],
)
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["login"], ["sync"], ["rest"], ["enable"], ["login", "20001", "--all"]]
)
def test_naming_no_account_or_uins_with_all_is_wrong_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    make_account()
    command = Command()
    with pytest.raises(SystemExit) as ended:
        command.handle(**vars(parser(command).parse_args(arguments)))
    assert ended.value.code == 2
    assert "--all" in capsys.readouterr().err


def parser(command: Command | None = None) -> Any:
    command = command or Command()
    command._called_from_command_line = True
    return command.create_parser("manage.py", "accounts")


# --- rest and enable --------------------------------------------------------------------------


def test_rest_and_enable() -> None:
    account = make_account()
    said = manage("accounts", "rest", "20001", "--seconds", "90", "--json")
    assert said.status == 0
    (row,) = said.json
    assert list(row) == ROW
    assert (row["state"], row["reason"]) == ("resting", "by_operator")
    account.lease.refresh_from_db()
    assert account.lease.resting_until is not None
    rest = (account.lease.resting_until - timezone.now()).total_seconds()
    assert 60 < rest <= 90
    (again,) = manage("accounts", "rest", "20001", "--seconds", "4000", "--json").json
    assert again["sentence"] > row["sentence"]  # it names the later end
    (row,) = manage("accounts", "enable", "--all", "--json").json
    assert row["state"] == "offline"


def test_enable_ends_a_quarantine_and_leaves_working_accounts_unchanged() -> None:
    make_account(20_001, state=AccountState.QUARANTINED)
    make_account(20_002)
    make_account(20_003, state=AccountState.ONLINE)
    said = manage("accounts", "enable", "20001", "20002", "20003", "--json")
    assert said.status == 0
    assert [row["state"] for row in said.json] == ["new", "new", "online"]
    assert manage("accounts", "enable", "20001").status == 0


def test_all_is_refused_if_it_selects_no_account() -> None:
    make_account()
    assert manage("accounts", "enable", "--all", "--json").json["error"] == "no_account"


# --- login and sync ---------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["login", "sync"])
def test_without_a_worker_it_fails_at_once(action: str) -> None:
    make_account()
    make_worker(age=3600)  # no heartbeat for too long
    said = manage("accounts", action, "--all", "--timeout", "600", "--json")
    assert said.status == 1
    assert "No worker is running" in said.json[0]["sentence"]
    assert not AccountTask.objects.exists()


def test_a_pinned_account_needs_a_worker_of_its_egress() -> None:
    make_worker("south")
    make_account(egress=Egress.objects.create(name="north"))
    said = manage("accounts", "login", "20001")
    assert said.status == 1
    assert "EGRESS_NAME=north" in said.err


def test_a_stopped_account_gets_no_task() -> None:
    make_worker()
    make_account(state=AccountState.QUARANTINED, state_detail="RA=wrong password")
    said = manage("accounts", "login", "20001", "--json")
    assert said.status == 1
    assert "wrong password" in said.json[0]["sentence"]


def test_a_task_that_is_not_done_in_time_stays_open() -> None:
    make_worker()
    make_account()
    said = manage("accounts", "sync", "--all", "--timeout", "0", "--json")
    assert said.status == 1
    assert "request stays open" in said.json[0]["sentence"]
    assert AccountTask.objects.get().state == AccountTaskState.OPEN


@pytest.mark.parametrize("is_pinned", [True, False])
def test_an_outage_is_named_as_the_reason(is_pinned: bool) -> None:
    egress = make_worker().egress
    make_account(egress=egress if is_pinned else None)
    begin_outage(egress_id=egress.pk, sentence="The gateway cannot be reached.")
    said = manage("accounts", "login", "--all", "--timeout", "0", "--json")
    assert said.status == 1
    assert said.json[0]["sentence"].endswith("request stays open. The gateway cannot be reached.")


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_the_worker_and_reports_each_outcome() -> None:
    make_worker()
    first, second = make_account(20_001), make_account(20_002)
    Friend.objects.create(account=first, uin=100_000)
    is_over = threading.Event()

    def work() -> None:
        """Stand in for the lanes: do one account task, fail the other."""
        try:
            while AccountTask.objects.count() < 2 and not is_over.wait(0.02):
                pass
            Account.objects.filter(pk=first.pk).update(friend_count=1, state=AccountState.ONLINE)
            for account_task in AccountTask.objects.all():
                is_first = account_task.account_id == first.pk
                finish_account_task(
                    account_task_id=account_task.pk,
                    is_done=is_first,
                    outcome="1 friend" if is_first else "RS=1: wrong password",
                )
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    said = manage("accounts", "sync", "--all", "--timeout", "30", "--json")
    is_over.set()
    worker.join()
    assert said.status == 1
    assert said.json == [
        {
            "uin": 20_001,
            "state": "online",
            "reason": "imported",
            "sentence": "1 friend",
            "friends": 1,
        },
        {
            "uin": 20_002,
            "state": "new",
            "reason": "imported",
            "sentence": "RS=1: wrong password",
            "friends": second.friend_count,
        },
    ]


# --- stat -------------------------------------------------------------------------------------


def test_stat_of_an_account_that_is_not_logged_in_is_stored() -> None:
    account = make_account()
    said = manage("accounts", "stat", "--set", "invisible", account.uin, "--json")
    assert said.status == 0
    account.refresh_from_db()
    assert account.presence == PresenceStatus.INVISIBLE
    assert not AccountTask.objects.exists()


@pytest.mark.parametrize(
    ("to", "state"),
    [("disable", AccountState.DISABLED), ("quarantine", AccountState.QUARANTINED)],
)
def test_stat_takes_accounts_out_of_use(to: str, state: str) -> None:
    account = make_account()
    (row,) = manage("accounts", "stat", "--set", to, "--all", "--json").json
    assert row["state"] == state
    again = manage("accounts", "stat", "--set", "busy", account.uin, "--json")
    assert (again.status, "Enable it first" in again.json[0]["sentence"]) == (1, True)


def test_a_logout_without_a_worker_is_refused() -> None:
    said = manage("accounts", "logout", make_account().uin, "--json")
    assert (said.status, "No worker is running" in said.json[0]["sentence"]) == (1, True)
    assert not AccountTask.objects.exists()
