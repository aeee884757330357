"""Creates a benchmark's accounts, contacts, campaigns and runs, and starts its worker."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Account, Friend, Lease
from accounts.states import AccountState
from benchmarks.processes import running, wait_until
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.planning.prepare import advance_run
from campaigns.run_control.lifecycle import pause_run, start_campaign
from contacts.models import Contact, ContactList, Membership
from qqcampaign.stack.process_specs import worker_spec
from qqhttp.simulator.accounts import digest_of
from qqhttp.simulator.population import FIRST_ACCOUNT, FIRST_FRIEND, password_of
from sending.models import Attempt, Delivery
from sending.reconcile import reconcile
from sending.states import RunState

TEXT = "你好 100% & more = fine + hi"


def make_accounts(*, count: int, friends: int, min_interval: float) -> list[Account]:
    """Create the simulator's accounts with their friend lists, already synced."""
    now = timezone.now()
    accounts = Account.objects.bulk_create(
        Account(
            uin=FIRST_ACCOUNT + number,
            credential=digest_of(password_of(FIRST_ACCOUNT + number)),
            min_interval=min_interval,
            state=AccountState.OFFLINE,
            friends_synced_at=now,
        )
        for number in range(count)
    )
    Lease.objects.bulk_create(Lease(account=account) for account in accounts)
    Friend.objects.bulk_create(
        (
            Friend(account=account, uin=FIRST_FRIEND + number * friends + n)
            for number, account in enumerate(accounts)
            for n in range(friends)
        ),
        batch_size=5000,
    )
    return accounts


def make_list(*, people: int) -> ContactList:
    """Create a list of the simulator's first friends."""
    made = ContactList.objects.create(name="everybody")
    contacts = Contact.objects.bulk_create(
        (Contact(uin=FIRST_FRIEND + n, name=f"客户{n}") for n in range(people)), batch_size=5000
    )
    Membership.objects.bulk_create(
        (Membership(contact_list=made, contact=contact) for contact in contacts), batch_size=5000
    )
    analyze()
    return made


def analyze() -> None:
    """Update the database's statistics, as its own maintenance does in time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def make_campaign(*, people: ContactList, name: str, text: str = TEXT) -> Campaign:
    """Create a campaign to a list."""
    campaign = Campaign.objects.create(name=name, text=text)
    campaign.lists.set([people])
    return campaign


def start(campaign: Campaign) -> CampaignRun:
    """Start a campaign, plan its run in this process and wake its lanes."""
    run = start_campaign(campaign=campaign)
    advance_run(run=run)
    run.refresh_from_db()
    assert run.state == RunState.RUNNING, (run.state, run.state_detail)
    return run


def plan_only(campaign: Campaign) -> CampaignRun:
    """Start a campaign, plan its run and pause it, so that no lane sends it."""
    run = start_campaign(campaign=campaign)
    plan_run(run=run)
    pause_run(run=run)
    return run


def wait_for(run: CampaignRun, *, seconds: float) -> None:
    """Wait until a run has ended; reconcile every 5 seconds, as beat does."""
    deadline, reconciled_at = time.monotonic() + seconds, time.monotonic()
    while CampaignRun.objects.filter(pk=run.pk, state=RunState.RUNNING).exists():
        if time.monotonic() > deadline:
            raise SystemExit(f"The run is not over after {seconds:g} s.")
        if time.monotonic() - reconciled_at > 5:
            reconcile()
            reconciled_at = time.monotonic()
        time.sleep(0.2)


def recorded(run: CampaignRun) -> dict[str, int]:
    """Return the counts of deliveries, sent deliveries, attempts and attempts with RES=0."""
    deliveries = Delivery.objects.filter(run=run)
    attempts = Attempt.objects.filter(delivery__run=run)
    return {
        "deliveries": deliveries.count(),
        "sent": deliveries.filter(state="sent").count(),
        "attempts": attempts.count(),
        "res_0": attempts.filter(res="0", finished_at__isnull=False).count(),
    }


@contextlib.contextmanager
def engine_worker(
    *, gateway: str, lanes: int, number: int = 1, has_login_turns: bool = False
) -> Iterator[int]:
    """Run a worker process; yield its pid once it takes tasks.

    Args:
        gateway: the gateway's URL.
        lanes: the most lanes at the same time.
        number: which of the workers of its egress it is; each has a node name and a log of its own.
        has_login_turns: whether accounts log in as fast as they do by default, and not all at once.
    """
    spec = worker_spec(egress=settings.EGRESS_NAME, concurrency=lanes)
    log = settings.QQCAMPAIGN_HOME / f"worker-{number}.log"
    log.unlink(missing_ok=True)  # an earlier worker's says that it was ready
    argv = spec.argv
    node = argv.index("-n") + 1
    argv = (*argv[:node], f"{number}-{argv[node]}", *argv[node + 1 :])
    if os.environ.get("BENCH_PROFILE"):
        sampler = ("-m", "benchmarks.sampler", os.environ["BENCH_PROFILE"])
        argv = (argv[0], *sampler, *argv[1:])
    environment = {"QQ_GATEWAY_URL": gateway}
    if not has_login_turns:
        environment["QQ_LOGINS_PER_SECOND"] = "0"
    with running(argv, environment=environment, log=log) as pid:
        wait_until(lambda: is_ready(log), what="the worker's start", seconds=120)
        yield pid


@contextlib.contextmanager
def engine_workers(*, gateway: str, lanes: int, number: int) -> Iterator[list[int]]:
    """Run several workers of one egress; yield their pids once all take tasks."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(engine_worker(gateway=gateway, lanes=lanes, number=one))
            for one in range(1, number + 1)
        ]


def is_ready(log: Path) -> bool:
    """Return whether a Celery worker's log reports that it takes tasks."""
    return log.exists() and b" ready." in log.read_bytes()
