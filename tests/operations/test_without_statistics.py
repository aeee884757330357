"""No statement's work grows with the square of the people, whatever PostgreSQL knows of its tables.

An operator imports people, syncs friends and starts campaigns at once, long before the first
statistics are made. So all of that is done here without statistics, and with statistics that were
made while the tables were nearly empty.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.gateway.friends import store_friends
from accounts.leases.workers import register_worker
from accounts.models import Account, Lease, Session
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.late_comers import add_late_comers
from campaigns.planning.prepare import advance_run
from campaigns.planning.reroute import reroute_stopped_accounts
from campaigns.sequences.tick import advance_sequences
from contacts.imports.undo import undo_import
from contacts.models import Contact, ContactImport, Suppression
from sending.models import Attempt, Delivery, Run
from sending.reconcile import reconcile
from sending.runs.latest_attempts import latest_attempts
from sending.wake_ups.accounts_with_work import idle_leases_with_work
from tests.campaigns.factories import make_campaign, make_run
from tests.commandline import manage
from tests.console.sample_data import make_operator
from tests.statements import forget_statistics, watched

pytestmark = [pytest.mark.slow, pytest.mark.both_databases, pytest.mark.timeout(600)]
PEOPLE = range(20_000_000, 20_001_200)
ACCOUNTS = range(10_001, 10_121)
#: The most rows that a statement may handle in one step for each person, or for each account. Each
#: person with each other one is 1,200. A table of accounts fits a page or two and may be read for
#: each person, which is no look-up here and would be one with more accounts: 264 rows.
ROWS_OF_PERSON, ROWS_OF_ACCOUNT = 500, 30
HEADER = ("uin", "name", "city", "points")
TWO_VARIANTS = ("--variant", "A=1=您好 {{ name }}", "--variant", "B=1=早上好", "--holdout", "10")
POOLS = ("--pool", "old=3", "new=1")
ONCE = ("--cap", "9/7d", "--once-across", "spring")
SEGMENTS = {
    "city": "city = 昆明",
    "points": "points > 50 and not in list:half",
    "friends": "friend of (10001, 10002) or written to in last 30 days or online now",
    "got": "got campaign:spring and never replied",
    "never": "never written to or never reached or suppressed or replied to campaign:spring",
}
#: Campaigns beside `spring`, which goes to everybody: what is given to `campaign create`.
CAMPAIGNS: dict[str, Sequence[str]] = {
    **{f"segment {name}": ("--segment", name) for name in SEGMENTS},
    "two lists": ("--list", "all", "--list", "half", "--cap", "2/7d"),
    "excluded": ("--list", "all", "--exclude-list", "half"),
    "once": ("--list", "all", *ONCE, "--sender", "spread"),
    "follow": ("--audience-of", "spring=not-replied"),
    "exclude earlier": ("--list", "all", "--exclude-audience-of", "spring=replied"),
    "strangers": ("--list", "all", "--list", "far", "--strangers", *POOLS, "--cap", "9/7d"),
    "variants": ("--list", "all", *TWO_VARIANTS, "--test-share", "20", "--decide-after", "4h"),
    "random": ("--list", "all", "--order", "random", "--online-within", "6h"),
    "attribute": ("--list", "all", "--order", "attribute:points:desc"),
    "everything": (
        *("--list", "all", "--list", "half", "--segment", "city", "--exclude-list", "far"),
        *(*ONCE, "--order", "attribute:points", *POOLS, *TWO_VARIANTS),
        *("--exclude-audience-of", "spring=failed"),
    ),
}


@pytest.fixture(params=["never", "when empty"])
def analyzed(request: pytest.FixtureRequest, transactional_db: None) -> None:
    """The tables have no statistics, or those of empty tables."""
    if connection.vendor != "postgresql" and request.param != "never":
        pytest.skip("the same on SQLite")
    forget_statistics()
    if request.param == "when empty":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


@pytest.mark.exhaustive
@pytest.mark.usefixtures("analyzed", "clean_redis")
def test_what_an_operator_does_takes_as_many_rows_as_there_are_people(
    tmp_path: Path, client: Client
) -> None:
    with watched() as work:
        for name, step in _steps(tmp_path, client).items():
            work.step = name
            step()
    assert len({step for step, _one in work.worst()}) > len(CAMPAIGNS)
    if connection.vendor == "postgresql":
        bad = [
            f"{step}: {one.work / len(PEOPLE):.0f} rows a person\n{one.sql}\n{one.plan}"
            for step, one in work.worst()
            if one.work > ROWS_OF_PERSON * len(PEOPLE)
        ]
        assert not bad, "\n".join(bad)


def _steps(folder: Path, client: Client) -> dict[str, Callable[[], object]]:
    """Return what the operator does, in order, by name."""
    rows = [(uin, f"人{uin}", "昆明" if uin % 3 else "大理", uin % 101) for uin in PEOPLE]
    half = rows[: len(rows) // 2]
    far = [(30_000_000 + n, *row[1:]) for n, row in enumerate(half)]
    gone = [(40_000_000 + n, *row[1:]) for n, row in enumerate(half)]
    changed = [(row[0], f"新{row[0]}", "北京", 7) for row in half]
    steps: dict[str, Callable[[], object]] = {
        "accounts": _make_accounts,
        "friends": _sync,
        "import": _import(folder, "all", rows),
    }
    steps |= _campaign("spring", "--list", "all")
    steps |= {
        "sent": _send,
        "friends again": _sync,
        "import again": _import(folder, "all", rows),
        "import half": _import(folder, "all", half),
        "import changed": _import(folder, "all", changed),
        "undo changed": _undo,
        "second list": _import(folder, "half", half),
        "third list": _import(folder, "far", far),
        "to be undone": _import(folder, "gone", gone),
        "undo": _undo,
        "segments": _make_segments_and_pools,
    }
    for name in SEGMENTS:
        steps[f"count {name}"] = lambda name=name: done("segment", "count", name)  # type: ignore[misc]
    for name, arguments in CAMPAIGNS.items():
        steps |= _campaign(name, *arguments)
    steps |= {"suppress": _suppress} | _campaign("suppressed", "--list", "all", "--list", "half")
    late = [*half[:100], *((50_000_000 + n, *row[1:]) for n, row in enumerate(half))]
    steps["late-comers arrive"] = _import(folder, "all", late)
    for name in ("once", "two lists", "segment city", "everything", "suppressed"):
        steps[f"late-comers of {name}"] = lambda name=name: add_late_comers(run=_run(name))  # type: ignore[misc]
    steps |= {
        "pause": lambda: done("campaign", "pause", "once"),
        "resume": lambda: done("campaign", "resume", "once"),
        "cancel": lambda: done("campaign", "cancel", "segment got"),
        "fail": _fail,
        "retry": lambda: done("campaign", "retry", "two lists"),
        "quarantine": lambda: Account.objects.filter(uin__lt=10_011).update(state="quarantined"),
        "reroute": reroute_stopped_accounts,
        "deadline": _pass_deadline,
        "status": lambda: done("campaign", "status", "variants"),
        "report": lambda: done("campaign", "report", "spring", "--out", folder / "r.csv"),
        "all figures": lambda: done("report"),
        "figures by account": lambda: done("campaign", "figures", "spring", "--by", "account"),
        "figures by hour": lambda: done("campaign", "figures", "spring", "--by", "hour"),
        "inbox": lambda: done("inbox", "list", "--search", "好的"),
        "sequence": _start_sequence,
        "sequence again": advance_sequences,
        "lists": lambda: _look(client),
        "grow old": _grow_old,
        "prune": lambda: done("prune", "--older-than", "365d"),
    }
    return steps


def done(*arguments: object) -> None:
    """Run a command that must succeed, or that finds something to warn of."""
    result = manage(*arguments, "--json")
    assert result.status == 0 or "preflight" in arguments, (arguments, result)


def _make_accounts(uins: range = ACCOUNTS) -> None:
    Account.objects.bulk_create(Account(uin=uin, credential="x" * 32) for uin in uins)
    Lease.objects.bulk_create(Lease(account=account) for account in Account.objects.all())


def _sync() -> None:
    """Store the friend lists: each person is the friend of two accounts."""
    for n, account in enumerate(Account.objects.order_by("uin")):
        friends = [*PEOPLE[n * 10 : n * 10 + 20], *(PEOPLE[:10] if n + 1 == len(ACCOUNTS) else ())]
        store_friends(account_id=account.pk, uins=friends, count=len(friends))


def _import(folder: Path, name: str, rows: Sequence[Sequence[object]]) -> Callable[[], object]:
    path = folder / f"{name}-{len(rows)}-{hash(rows[0])}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return lambda: done("import_contacts", path, "--list", name)


def _undo() -> None:
    done("undo_import")
    newest = ContactImport.objects.order_by("-pk")[0]
    undo_import(import_id=newest.pk)


def _make_segments_and_pools() -> None:
    for name, where in SEGMENTS.items():
        done("segment", "create", name, "--where", where)
    done("pool", "create", "old", "--account", *ACCOUNTS[::2])
    done("pool", "create", "new", "--account", *ACCOUNTS[1::2])


def _campaign(name: str, *arguments: str) -> dict[str, Callable[[], object]]:
    text = () if "--variant" in arguments else ("--text", "hi {{ name }} {{ city }}")

    def create() -> None:
        done("campaign", "create", name, *arguments, *text)

    def start() -> None:
        done("campaign", "start", name)
        advance_run(run=_run(name))
        assert Delivery.objects.filter(run=_run(name)).exists(), name

    return {
        f"create {name}": create,
        f"preflight {name}": lambda: done("campaign", "preflight", name),
        f"start {name}": start,
    }


def _run(name: str) -> CampaignRun:
    return CampaignRun.objects.get(campaign__name=name)


def _send() -> None:
    """Let all be sent; the ledger's own statements have tests of their own."""
    rows = Delivery.objects.filter(run=_run("spring"), state="pending")
    rows.update(state="sent", sent_at=timezone.now(), attempt_count=1, last_res="0")


def _suppress() -> None:
    uins = [*PEOPLE[600:], *range(60_000_000, 60_000_600)]
    Suppression.objects.bulk_create(Suppression(uin=uin, source="x") for uin in uins)


def _fail() -> None:
    rows = Delivery.objects.filter(run=_run("two lists"), state="pending")
    rows.update(state="failed", reason="rejected", last_res="5")


def _pass_deadline() -> None:
    late = timezone.now() - timedelta(minutes=1)
    Run.objects.filter(pk=_run("attribute").pk).update(deadline_at=late)
    reconcile()


def _start_sequence() -> None:
    steps = ("--step", "0h=hi", "--step", "1d=again")
    done("sequence", "create", "welcome", "--list", "half", "--existing", *steps)
    done("sequence", "start", "welcome")
    advance_sequences()


def _grow_old() -> None:
    old = timezone.now() - timedelta(days=900)
    Run.objects.filter(pk=_run("spring").pk).update(state="finished", planned_at=old, ended_at=old)


def _look(client: Client) -> None:
    """Look at every list, and search it."""
    client.force_login(make_operator())
    client.get("/")
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for asked in ({}, {"q": str(PEOPLE[5])}, {"q": "人20"}):
            assert client.get(address, asked).status_code in (200, 302, 403), address
    campaign = Campaign.objects.get(name="variants")
    for page in ("change", "figures", "preflight"):
        answer = client.get(reverse(f"admin:campaigns_campaign_{page}", args=[campaign.pk]))
        assert answer.status_code == 200, page


@pytest.mark.usefixtures("analyzed", "clean_redis")
def test_what_is_asked_every_few_seconds_takes_as_many_rows_as_there_are_accounts() -> None:
    """However many deliveries and attempts there are."""
    _make_accounts(range(10_001, 10_601))
    worker = register_worker(egress_name="default", source_address=None, proxy=None, version="test")
    accounts = list(Account.objects.all())
    now = timezone.now()
    Session.objects.bulk_create(
        Session(account=account, egress=worker.egress, opened_at=now, last_used_at=now, poll_at=now)
        for account in accounts
    )
    contacts = Contact.objects.bulk_create(Contact(uin=uin) for uin in PEOPLE)
    for number in range(12):
        run = make_run(make_campaign(f"run {number}"))
        rows = Delivery.objects.bulk_create(
            Delivery(run=run, contact=contact, uin=contact.uin, account=accounts[n % len(accounts)])
            for n, contact in enumerate(contacts)
        )
    Attempt.objects.bulk_create(
        Attempt(delivery=row, account_id=row.account_id, seq=n, marked_at=now, finished_at=now)
        for n, row in enumerate(rows)
    )
    Account.objects.filter(uin__lt=10_003).update(state="quarantined")
    running = list(Run.objects.values_list("pk", flat=True))
    with watched() as work:
        assert len(idle_leases_with_work(run_ids=running)) == len(accounts) - 2
        due = Session.objects.inbox_due(egress_id=worker.egress_id, at=timezone.now())
        assert len(due[: len(accounts)]) == len(accounts) - 2
        assert len(latest_attempts().values_list("pk", "run_id", "state")[:100]) == 100
        reroute_stopped_accounts()
    most = ROWS_OF_ACCOUNT * len(accounts)
    if connection.vendor == "postgresql":
        assert work.statements
        bad = [
            f"{one.work} {one.sql}\n{one.plan}" for _step, one in work.worst() if one.work > most
        ]
        assert not bad, "\n".join(bad)
