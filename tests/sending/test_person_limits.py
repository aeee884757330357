"""Limits on messages to one person hold at the mark: what is sent after planning counts too."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.leases.leases import Grant
from accounts.leases.take_leases import take_lease
from accounts.leases.workers import register_worker
from accounts.models import Account, Worker
from campaigns.models import CampaignRun
from contacts.models import Contact
from qqhttp.simulator import GatewaySimulator
from sending.ledger.batch import BatchWriter
from sending.ledger.entries import Mark, PersonLimit
from sending.ledger.ledger import Ledger
from sending.models import Delivery, OnceAcross
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run
from tests.sending.conftest import FRIENDS, Start, is_finished
from tests.sending.working import LocalWorker, wait_until

pytestmark = pytest.mark.both_databases

WEEK = 7 * 86_400
LONG_AGO = timezone.now() - timedelta(seconds=WEEK)


def a_worker(name: str = "default") -> Worker:
    return register_worker(egress_name=name, source_address=None, proxy=None, version="test")


def taken(account: Account, worker: Worker) -> Grant:
    grant = take_lease(account_id=account.pk, worker_id=worker.pk, egress_id=worker.egress_id)
    assert grant is not None
    return grant


def running(name: str, account: Account, **columns: Any) -> CampaignRun:
    """Make a running run with a delivery of the account to each of its friends."""
    campaign = make_campaign(name, lists=[make_list("all", [])])
    run = make_run(campaign, state=RunState.RUNNING, **columns)
    people = Contact.objects.filter(uin__in=account.friends.values("uin"))
    Delivery.objects.bulk_create(
        Delivery(run=run, contact=person, uin=person.uin, account=account) for person in people
    )
    return run


def capped(name: str, account: Account, *, most: int = 1) -> CampaignRun:
    return running(name, account, cap_most=most, cap_seconds=WEEK)


def mark_of(delivery: Delivery, grant: Grant, *, seq: int, most: int | None = 1) -> Mark:
    assert delivery.account_id is not None
    assert delivery.contact_id is not None
    limit = PersonLimit(delivery.contact_id, most, LONG_AGO, LONG_AGO)
    return Mark(delivery.pk, delivery.account_id, grant.token, seq, None, limit)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["hi", "hi {{ uin }}"])
def test_two_runs_planned_before_either_sent(
    engine: GatewaySimulator, senders: list[Account], start: Start, text: str
) -> None:
    runs = [
        start(accounts=senders[:1], name=name, text=text) for name in ("spring", "autumn", "winter")
    ]
    for run in runs[:2]:
        CampaignRun.objects.filter(pk=run.pk).update(cap_most=1, cap_seconds=WEEK)
    CampaignRun.objects.filter(pk=runs[2].pk).update(cap_most=3, cap_seconds=WEEK)
    with LocalWorker():
        wait_until(lambda: all(is_finished(run) for run in runs), what="the end of the runs")
    for uin in runs[0].deliveries.values_list("uin", flat=True):
        states = [
            (row.state, row.reason)
            for row in Delivery.objects.filter(uin=uin, run__in=runs[:2]).order_by("run_id")
        ]
        assert sorted(states) in (
            [("sent", ""), ("skipped", "frequency_cap")],
            [("skipped", "frequency_cap"), ("skipped", "frequency_cap")],
        )
    got = Delivery.objects.filter(state="sent")
    assert got.filter(run=runs[2]).count() == FRIENDS
    assert engine.control.figures().arrived == got.count()
    for run in runs:
        assert check_figures(run=run) == []


@pytest.mark.slow
def test_once_together_while_both_run(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    runs = [start(accounts=senders[:1], name=name) for name in ("spring", "autumn")]
    OnceAcross.objects.bulk_create(
        OnceAcross(run_id=run.pk, origin=other.origin) for run in runs for other in runs
    )
    with LocalWorker():
        wait_until(lambda: all(is_finished(run) for run in runs), what="the end of the runs")
    sent = list(Delivery.objects.filter(state="sent").values_list("uin", flat=True))
    assert len(sent) == len(set(sent)) == FRIENDS
    reasons = set(Delivery.objects.filter(state="skipped").values_list("reason", flat=True))
    assert reasons == {"once_across"}
    assert [check_figures(run=run) for run in runs] == [[], []]


@pytest.mark.django_db
def test_two_marks_of_one_person_in_one_batch() -> None:
    make_list("all", range(100_000, 100_003))
    account = make_account(20_001, friends=range(100_000, 100_003))
    runs = [capped(name, account, most=2) for name in ("one", "two", "three")]
    free = running("free", account)
    worker = a_worker()
    grant = taken(account, worker)
    marks: list[Any] = [
        mark_of(delivery, grant, seq=seq, most=2)
        for seq, delivery in enumerate(Delivery.objects.filter(run__in=runs).order_by("pk"))
    ]
    others = [
        Mark(delivery.pk, account.pk, grant.token, 100 + number, None)
        for number, delivery in enumerate(Delivery.objects.filter(run=free))
    ]
    done = BatchWriter(worker_id=worker.pk).commit([], [*others, *marks], is_again=False)
    assert len(done.decisions) == 9
    for uin in range(100_000, 100_003):
        in_flight = Delivery.objects.filter(uin=uin, state="sending")
        assert in_flight.filter(run__in=runs).count() == 2
        assert in_flight.filter(run=free).count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_processes_that_mark_one_person_at_once() -> None:
    """Two ledgers, each with its own connection: neither sees what the other has not committed."""
    people = range(100_000, 100_060)
    make_list("all", people)
    accounts = [make_account(20_001 + number, friends=people) for number in range(2)]
    runs = [capped(f"run {number}", account) for number, account in enumerate(accounts)]
    workers = [a_worker(f"egress {number}") for number in range(2)]
    grants = [taken(*pair) for pair in zip(accounts, workers, strict=True)]
    ledgers = [Ledger(worker_id=worker.pk, linger=0.0) for worker in workers]
    barrier = threading.Barrier(2)
    granted: list[list[int]] = [[], []]

    def mark_all(number: int) -> None:
        ledgers[number].start()
        try:
            rows = list(Delivery.objects.filter(run=runs[number]).order_by("uin"))
            for seq, delivery in enumerate(rows):
                barrier.wait(20)
                ticket = ledgers[number].submit(
                    mark_of(delivery, grants[number], seq=seq), is_urgent=True
                )
                if ticket.wait():
                    granted[number].append(delivery.uin)
        finally:
            ledgers[number].close()
            connection.close()

    def mark_same() -> None:
        threads = [threading.Thread(target=mark_all, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    mark_same()
    assert sorted([*granted[0], *granted[1]]) == list(people)
