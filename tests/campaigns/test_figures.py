"""A run's figures are computed from its tallies alone and agree with its rows."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account
from campaigns.models import CampaignRun
from clocks import shared
from contacts.models import Contact
from sending.models import Attempt, Delivery, Tally
from sending.runs import figures as module
from sending.runs.figures import check_figures, figures_of
from sending.states import DeliveryState, RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

STATES = {
    "sent": "",
    "failed": "RES_5",
    "skipped": "suppressed",
    "unknown": "timeout",
    "pending": "",
    "sending": "",
    "cancelled": "",
}


@pytest.fixture
def run() -> CampaignRun:
    make_list("members", range(100_000, 100_010))
    return make_run(make_campaign())


def people() -> list[Contact]:
    return list(Contact.objects.order_by("uin"))


def answer(
    delivery: Delivery, account: Account, seq: int, *, age: float = 1, res: str = "0"
) -> None:
    """Write an attempt that was answered `age` seconds ago, and count its result."""
    at = timezone.now() - timedelta(seconds=age)
    Attempt.objects.create(
        delivery=delivery, account=account, seq=seq, marked_at=at, finished_at=at, res=res
    )
    tally, _ = Tally.objects.get_or_create(run=delivery.run, kind="res", key=res, shard=seq)
    Tally.objects.filter(pk=tally.pk).update(n=1)


def test_it_sums_the_shards_and_adds_up(run: CampaignRun) -> None:
    for contact, (state, reason) in zip(people(), STATES.items(), strict=False):
        make_delivery(run, contact, state=state, reason=reason)
    # A worker's shard takes from pending what planning put there.
    Tally.objects.create(run=run, shard=7, kind="state", key="pending", n=-1)
    Tally.objects.create(run=run, shard=7, kind="state", key="sent", n=1)
    Tally.objects.create(run=run, shard=7, kind="res", key="0", n=2)
    Tally.objects.create(run=run, shard=8, kind="res", key="0", n=3)
    Tally.objects.create(run=run, shard=8, kind="res", key="NULL", n=1)
    Tally.objects.create(run=run, shard=0, kind="merged", n=4)
    figures = figures_of(run=run)
    assert figures.state == RunState.RUNNING
    assert figures.targeted == 7
    assert (figures.pending, figures.sent, figures.open, figures.ended) == (0, 2, 1, 6)
    assert figures.targeted == sum(getattr(figures, state) for state in DeliveryState.values)
    assert figures.res == {"0": 5, "NULL": 1}
    assert figures.reasons == {
        "failed": {"RES_5": 1},
        "skipped": {"suppressed": 1},
        "unknown": {"timeout": 1},
    }
    assert figures.merged == 4


def test_a_run_without_deliveries_has_none(run: CampaignRun) -> None:
    figures = figures_of(run=run)
    assert (figures.targeted, figures.res, figures.reasons, figures.eta) == (0, {}, {}, None)


def test_it_never_counts_deliveries(run: CampaignRun, django_assert_num_queries: Any) -> None:
    for contact in people():
        make_delivery(run, contact)
    shared.wall()  # a new process first reads what the shared clock was corrected by
    with django_assert_num_queries(2) as queries:
        figures_of(run=run)
    # The deliveries of the newest attempts are looked up, each by its key.
    read = re.compile(r'FROM "sending_delivery"(?! U0 WHERE U0."id" = )')
    assert not any(read.search(query["sql"]) for query in queries)


def test_the_rate_is_that_of_the_last_minute(run: CampaignRun) -> None:
    account = make_account()
    CampaignRun.objects.filter(pk=run.pk).update(
        state_changed_at=timezone.now() - timedelta(hours=1)
    )
    other = make_run(make_campaign("other"))
    for seq, contact in enumerate(people()[:6]):
        answer(make_delivery(run, contact), account, seq, age=30)
    answer(make_delivery(run, people()[6]), account, 6, age=90)
    answer(make_delivery(other, people()[0]), account, 7, age=30)
    make_delivery(run, people()[7], state="pending")
    run.refresh_from_db()
    figures = figures_of(run=run)
    assert figures.rate_per_second == pytest.approx(6 / 60, abs=0.01)
    assert figures.eta is not None
    seconds = (figures.eta - timezone.now()).total_seconds()
    assert seconds == pytest.approx(1 / figures.rate_per_second, abs=2)


def test_the_rate_starts_with_the_run_or_its_resumption(run: CampaignRun) -> None:
    account = make_account()
    CampaignRun.objects.filter(pk=run.pk).update(
        state_changed_at=timezone.now() - timedelta(seconds=10)
    )
    answer(make_delivery(run, people()[0]), account, 1, age=20)  # before it was paused
    for seq, contact in enumerate(people()[1:6], start=2):
        answer(make_delivery(run, contact), account, seq, age=5)
    run.refresh_from_db()
    assert figures_of(run=run).rate_per_second == pytest.approx(0.5, abs=0.02)


def test_a_busy_system_is_measured_over_its_newest_attempts(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RATE_ATTEMPTS", 4)
    account = make_account()
    CampaignRun.objects.filter(pk=run.pk).update(
        state_changed_at=timezone.now() - timedelta(hours=1)
    )
    for seq, (contact, age) in enumerate(zip(people(), (50, 40, 8, 6, 4, 2), strict=False)):
        answer(make_delivery(run, contact), account, seq, age=age)
    run.refresh_from_db()
    assert figures_of(run=run).rate_per_second == pytest.approx(4 / 8, abs=0.02)


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.FINISHED, RunState.CANCELLED])
def test_a_run_that_is_not_running_has_no_rate(run: CampaignRun, state: str) -> None:
    answer(make_delivery(run, people()[0]), make_account(), 1)
    make_delivery(run, people()[1], state="pending")
    CampaignRun.objects.filter(pk=run.pk).update(state=state)
    run.refresh_from_db()
    figures = figures_of(run=run)
    assert (figures.rate_per_second, figures.eta) == (0.0, None)


def test_the_check_finds_nothing_in_correct_figures(run: CampaignRun) -> None:
    account = make_account()
    for seq, (contact, (state, reason)) in enumerate(zip(people(), STATES.items(), strict=False)):
        delivery = make_delivery(run, contact, state=state, reason=reason)
        if state in {"sent", "failed"}:
            answer(delivery, account, seq, res="0" if state == "sent" else "5")
    Tally.objects.create(run=run, shard=9, kind="res", key="NULL", n=2)  # replays leave no row
    assert check_figures(run=run) == []


@pytest.mark.parametrize(
    ("kind", "key", "words"),
    [
        ("targeted", "", "deliveries: figure 2, rows 1"),
        ("state", "sent", "deliveries that are sent: figure 2, rows 1"),
        ("reason", "failed:RES_5", "failed:RES_5: figure 1, rows 0"),
        ("res", "0", "results 0: figure 2, rows 1"),
    ],
)
def test_the_check_finds_every_disagreement(
    run: CampaignRun, kind: str, key: str, words: str
) -> None:
    answer(make_delivery(run, people()[0]), make_account(), 1)
    Tally.objects.create(run=run, shard=99, kind=kind, key=key, n=1)
    assert words in check_figures(run=run)


def test_the_check_finds_a_result_that_was_never_counted(run: CampaignRun) -> None:
    answer(make_delivery(run, people()[0]), make_account(), 1, res="NULL")
    Tally.objects.filter(kind="res").delete()
    assert check_figures(run=run) == ["results NULL: figure 0, rows 1"]
