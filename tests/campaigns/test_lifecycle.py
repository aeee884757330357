"""Starting, pausing, resuming and cancelling runs, and what each refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account
from accounts.states import AccountState
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.prepare import start_scheduled_runs
from campaigns.run_control.lifecycle import (
    cancel_run,
    pause_run,
    resolve_unknown,
    resume_run,
    start_campaign,
)
from campaigns.run_control.retry import RetryChoice, retry_run
from contacts.models import Contact
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]
R = RunState


@pytest.fixture
def campaign() -> Campaign:
    make_account(20_001, friends=range(100_000, 100_004))
    return make_campaign("spring", lists=[make_list("all", range(100_000, 100_004))])


def ended(run: CampaignRun, *states: str) -> list[Delivery]:
    account = Account.objects.get()
    return [
        make_delivery(run, contact, state=state, account=account, reason="RES_5", attempt_count=3)
        if state != "sent"
        else make_delivery(run, contact, state=state, account=account)
        for contact, state in zip(Contact.objects.order_by("pk"), states, strict=False)
    ]


def test_a_start_copies_the_campaign(campaign: Campaign) -> None:
    run = start_campaign(campaign=campaign)
    Campaign.objects.update(text="something else", promise="never-missed")
    run.refresh_from_db()
    assert (run.state, run.number, run.text, run.promise) == (R.PREPARING, 1, "hi", "never-twice")


def test_a_later_start_waits_for_its_time(campaign: Campaign) -> None:
    campaign.starts_at = timezone.now() + timedelta(hours=1)
    run = start_campaign(campaign=campaign)
    assert run.state == R.SCHEDULED
    assert start_scheduled_runs() == 0
    CampaignRun.objects.update(starts_at=timezone.now())
    assert start_scheduled_runs() == 1
    run.refresh_from_db()
    assert run.state == R.PREPARING


def nobody_in_it(campaign: Campaign) -> None:
    campaign.lists.set([make_list("empty")])


def nobody_to_send(_campaign: Campaign) -> None:
    Account.objects.all().delete()


def nobody_able_to_send(_campaign: Campaign) -> None:
    Account.objects.update(state=AccountState.DISABLED)


def under_way(campaign: Campaign) -> None:
    make_run(campaign, state=R.PAUSED)


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (nobody_in_it, "no_audience"),
        (nobody_to_send, "no_account"),
        (nobody_able_to_send, "no_account"),
        (under_way, "already_active"),
    ],
)
def test_a_start_is_refused(
    campaign: Campaign, trouble: Callable[[Campaign], None], code: str
) -> None:
    trouble(campaign)
    before = CampaignRun.objects.count()
    with pytest.raises(Refusal) as refusal:
        start_campaign(campaign=campaign)
    assert refusal.value.code == code
    assert CampaignRun.objects.count() == before


@pytest.mark.parametrize(
    ("verb", "state", "expected"),
    [
        (pause_run, R.RUNNING, R.PAUSED),
        (resume_run, R.PAUSED, R.RUNNING),
        (resume_run, R.STOPPED, R.RUNNING),
        *((cancel_run, state, R.CANCELLED) for state in (R.SCHEDULED, R.PREPARING, R.RUNNING)),
        *((cancel_run, state, R.CANCELLED) for state in (R.PAUSED, R.STOPPED)),
    ],
)
def test_an_allowed_action_changes_the_state(
    campaign: Campaign, verb: Any, state: str, expected: str
) -> None:
    run = make_run(campaign, state=state, planned_at=timezone.now())
    verb(run=run)
    run.refresh_from_db()
    assert run.state == expected
    assert run.events.get().state == expected
    assert (run.ended_at is not None) is (expected == R.CANCELLED)


@pytest.mark.parametrize(
    ("verb", "state"),
    [
        *((pause_run, s) for s in (R.PREPARING, R.PAUSED, R.FINISHED, R.CANCELLED, R.STOPPED)),
        *((resume_run, s) for s in (R.PREPARING, R.RUNNING, R.FINISHED, R.CANCELLED)),
        *((cancel_run, s) for s in (R.FINISHED, R.CANCELLED)),
        (retry_run, R.CANCELLED),
    ],
)
def test_an_action_that_is_not_allowed_is_refused_with_a_sentence(
    campaign: Campaign, verb: Any, state: str
) -> None:
    run = make_run(campaign, state=state, planned_at=timezone.now())
    with pytest.raises(Refusal, match="spring") as refusal:
        verb(run=run)
    assert refusal.value.code == "wrong_state"
    run.refresh_from_db()
    assert run.state == state


def test_a_retry_concerns_exactly_the_failed_deliveries(campaign: Campaign) -> None:
    run = make_run(campaign, state=R.FINISHED, planned_at=timezone.now())
    failed, sent, unknown, skipped = ended(run, "failed", "sent", "unknown", "skipped")
    assert retry_run(run=run) == 1
    run.refresh_from_db()
    failed.refresh_from_db()
    assert run.state == R.RUNNING
    assert (failed.state, failed.reason, failed.attempt_count) == ("pending", "", 3)
    assert failed.counted_from == 3  # the record stays, the tries begin anew
    for other in (sent, unknown, skipped):
        before = other.state
        other.refresh_from_db()
        assert other.state == before
    assert check_figures(run=run) == []
    with pytest.raises(Refusal) as refusal:
        retry_run(run=run)
    assert refusal.value.code == "nothing_to_retry"


def test_a_retry_by_result_code(campaign: Campaign) -> None:
    run = make_run(campaign, state=R.FINISHED, planned_at=timezone.now())
    ended(run, "failed", "failed")
    Delivery.objects.filter(pk=Delivery.objects.order_by("pk")[0].pk).update(last_res="5")
    assert retry_run(run=run, choice=RetryChoice(res=["5"])) == 1
    assert check_figures(run=run) == []


@pytest.mark.parametrize(
    ("to", "state"), [("sent", R.FINISHED), ("failed", R.FINISHED), ("pending", R.RUNNING)]
)
def test_unknown_deliveries_are_resolved_by_an_operator(
    campaign: Campaign, to: str, state: str
) -> None:
    run = make_run(campaign, state=R.FINISHED, planned_at=timezone.now())
    ended(run, "unknown", "unknown", "failed")
    assert resolve_unknown(deliveries=Delivery.objects.all(), to=to) == 2
    run.refresh_from_db()
    assert run.state == state
    assert Delivery.objects.filter(state=to).count() == 2 + (to == "failed")
    assert check_figures(run=run) == []
