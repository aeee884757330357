"""Every run and delivery that waits has a reason, in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.leases.workers import register_worker
from accounts.models import Account, Egress, Lease, Outage, Worker
from accounts.pacing.redis_client import live
from accounts.states import AccountState, StateReason
from campaigns.models import CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.reports import waiting_reasons
from campaigns.reports.waiting_reasons import delivery_waiting_reason, run_waiting_reasons
from campaigns.run_control.lifecycle import pause_run, resume_run
from sending.models import Delivery
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.both_databases,
    pytest.mark.usefixtures("redis_server"),
]
PEOPLE = range(100_000, 100_003)


@pytest.fixture
def run() -> CampaignRun:
    make_account(20_001, friends=PEOPLE, state=AccountState.ONLINE)
    register_worker(egress_name="default", source_address=None, proxy=None, version="1")
    campaign = make_campaign("spring", lists=[make_list("all", PEOPLE)])
    made = make_run(campaign, state=RunState.PREPARING)
    assert plan_run(run=made)
    made.refresh_from_db()
    return made


def sentences(run: CampaignRun) -> str:
    run = CampaignRun.objects.get(pk=run.pk)
    said = [one.sentence for one in run_waiting_reasons(run=run)]
    delivery = Delivery.objects.select_related("run", "account").order_by("pk")[0]
    # A delivery's answer is never another one than its run's.
    assert not said or delivery_waiting_reason(delivery=delivery).sentence in said
    return " ".join(said)


def test_a_run_that_sends_has_no_reason_and_its_deliveries_wait_for_slots(
    run: CampaignRun,
) -> None:
    assert sentences(run) == ""
    last = Delivery.objects.select_related("run", "account").order_by("-pk")[0]
    explanation = delivery_waiting_reason(delivery=last)
    assert "20001 sends 2 messages before it" in explanation.sentence
    assert explanation.until is not None


def test_an_operator_paused_it(run: CampaignRun) -> None:
    pause_run(run=run)
    assert "Paused by the command line." in sentences(run)
    resume_run(run=run)
    pause_run(run=run, by=User.objects.create_user("小王"))
    assert re.search(r"Paused by 小王 at \d+:\d+:\d+\.", sentences(run))


def test_it_is_outside_its_hours(run: CampaignRun) -> None:
    now = timezone.localtime()
    start = (now + timedelta(hours=2)).time().replace(second=0, microsecond=0)
    end = (now + timedelta(hours=3)).time().replace(second=0, microsecond=0)
    CampaignRun.objects.update(windows=f"{start:%H:%M}-{end:%H:%M}", timezone="Asia/Shanghai")
    assert "Outside the sending window until" in sentences(run)
    assert start.strftime("%H:%M") in sentences(run)


def test_its_hours_are_shown_in_its_own_time_zone(run: CampaignRun) -> None:
    opening = timezone.now().astimezone(ZoneInfo("America/Lima")) + timedelta(hours=2)
    start = opening.time().replace(second=0, microsecond=0)
    end = (opening + timedelta(hours=1)).time().replace(second=0, microsecond=0)
    CampaignRun.objects.update(windows=f"{start:%H:%M}-{end:%H:%M}", timezone="America/Lima")
    assert start.strftime("%H:%M") in sentences(run)
    assert "(America/Lima)" in sentences(run)


def test_no_worker_runs(run: CampaignRun) -> None:
    Worker.objects.update(ended_at=timezone.now())
    assert "No worker is running." in sentences(run)


@pytest.fixture
def no_redis(settings: Any) -> Iterator[None]:
    """Let the settings name a Redis that nobody runs."""
    before = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    live.cache_clear()
    yield
    settings.REDIS_URL = before
    live.cache_clear()


@pytest.mark.usefixtures("no_redis")
def test_redis_does_not_answer(run: CampaignRun) -> None:
    (reason,) = run_waiting_reasons(run=run)
    assert reason.sentence.startswith("Redis does not answer: accounts that have nothing under way")
    CampaignRun.objects.filter(pk=run.pk).update(state=RunState.PREPARING)
    run.refresh_from_db()
    assert [one.kind for one in run_waiting_reasons(run=run)] == ["", "redis"]


def test_the_disk_is_full(run: CampaignRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_reasons, "full_disk", lambda: Path("/var/lib/qq"))
    assert sentences(run).startswith("The disk of /var/lib/qq is full: no message can be recorded")


def test_the_gateway_is_away(run: CampaignRun) -> None:
    Outage.objects.create(
        egress=Egress.objects.get(), began_at=timezone.now(), sentence="Nobody answers there."
    )
    assert "Nobody answers there. Sending resumes automatically." in sentences(run)


def test_an_account_rests(run: CampaignRun) -> None:
    Lease.objects.update(resting_until=timezone.now() + timedelta(seconds=30))
    assert re.search(r"Account 20001 rests until \d+:\d+:\d+ \((30|29) s left\)\.", sentences(run))
    Account.objects.update(state=AccountState.RESTING, state_reason=StateReason.TOO_FAST)
    assert "sent too fast for the gateway (RES=3)." in sentences(run)


def test_several_accounts_rest(run: CampaignRun) -> None:
    other = make_account(20_002, friends=PEOPLE, state=AccountState.ONLINE)
    Delivery.objects.filter(pk=Delivery.objects.latest("pk").pk).update(account=other)
    Lease.objects.update(resting_until=timezone.now() + timedelta(hours=3))
    Lease.objects.filter(account=other).update(resting_until=timezone.now() + timedelta(minutes=5))
    explanation = run_waiting_reasons(run=run)[0]
    assert explanation.count == 2
    assert "2 accounts are resting. Account 20002 rests until" in explanation.sentence
    assert "5 min left" in explanation.sentence


def test_an_account_waits_before_its_next_login(run: CampaignRun) -> None:
    Lease.objects.update(login_failures=3, login_not_before=timezone.now() + timedelta(seconds=60))
    assert "20001 logs in again at" in sentences(run)
    assert "its last 3 logins failed" in sentences(run)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"per_hour": 2}, "limit of 2 messages in an hour"),
        ({"per_day": 1}, "limit of 1 message in a day"),
    ],
)
def test_an_account_has_sent_all_it_may(
    run: CampaignRun, limit: dict[str, int], words: str
) -> None:
    Account.objects.update(**limit)
    assert sentences(run) == ""
    account, delivery = Account.objects.get(), Delivery.objects.latest("pk")
    for number in range(2):
        at = timezone.now() - timedelta(minutes=number)
        delivery.attempts.create(
            account=account, seq=int(at.timestamp()), marked_at=at, finished_at=at
        )
    assert words in sentences(run)
    explanation = run_waiting_reasons(run=run)[0]
    assert explanation.until is not None
    assert explanation.until > timezone.now() + timedelta(minutes=50)


def test_the_gateway_is_away_from_the_accounts_egress_alone(run: CampaignRun) -> None:
    near = Egress.objects.get()
    register_worker(egress_name="far", source_address=None, proxy=None, version="1")
    Lease.objects.update(egress=near)
    Outage.objects.create(egress=near, began_at=timezone.now(), sentence="Nobody answers there.")
    assert "uses egress “default”, which has not reached the gateway since" in sentences(run)


def test_an_accounts_egress_is_not_in_use(run: CampaignRun) -> None:
    Account.objects.update(egress=Egress.objects.create(name="far away", is_enabled=False))
    assert "“far away”, which is disabled" in sentences(run)


def test_the_gateways_answers_are_lost(run: CampaignRun) -> None:
    delivery = Delivery.objects.select_related("run", "account").latest("pk")
    assert delivery.account is not None
    Delivery.objects.filter(pk=delivery.pk).update(state="sending", last_res="reset")
    delivery.attempts.create(
        account=delivery.account, seq=1, marked_at=timezone.now(), replays=3, res="reset"
    )
    said = sentences(run)
    assert "20001 has repeated its request 3 times under the same SEQ since" in said
    assert "the connection broke" in said
    delivery.refresh_from_db()
    assert delivery_waiting_reason(delivery=delivery).sentence == said


def test_many_accounts_are_explained_by_as_few_queries_as_one(run: CampaignRun) -> None:
    run = CampaignRun.objects.get(pk=run.pk)
    with CaptureQueriesContext(connection) as one:
        run_waiting_reasons(run=run)
    for number in range(5):
        other = make_account(
            20_100 + number, friends=PEOPLE, state=AccountState.ONLINE, per_day=100
        )
        contact = make_list(f"list {number}", [100_100 + number]).contacts.get()
        run.deliveries.create(uin=contact.uin, contact=contact, account=other)
    with CaptureQueriesContext(connection) as many:
        assert run_waiting_reasons(run=run) == []
    assert len(many) <= len(one) + 1


def test_many_accounts_at_their_limit_are_explained_by_as_few_queries_as_one(
    run: CampaignRun,
) -> None:
    Account.objects.update(per_day=1)
    delivery, now = Delivery.objects.latest("pk"), timezone.now()
    counts = []
    for number in range(3):
        account = make_account(20_200 + number, state=AccountState.ONLINE, per_day=1)
        delivery.attempts.create(account=account, seq=int(now.timestamp()), marked_at=now)
        contact = make_list(f"list {number}", [100_200 + number]).contacts.get()
        run.deliveries.create(uin=contact.uin, contact=contact, account=account)
        with CaptureQueriesContext(connection) as asked:
            assert run_waiting_reasons(run=run)[0].count == number + 1
        counts.append(len(asked))
    # The shared clock may ask the database for its time once in between.
    assert max(counts) <= min(counts) + 1


@pytest.mark.parametrize("state", [AccountState.QUARANTINED, AccountState.DISABLED])
def test_an_account_was_stopped(run: CampaignRun, state: Any) -> None:
    Account.objects.update(state=state, state_detail="密码错误")
    said = sentences(run)
    assert f"Account 20001 has been {state} since" in said
    assert "密码错误" in said


def test_an_accounts_egress_has_no_worker(run: CampaignRun) -> None:
    Account.objects.update(egress=Egress.objects.create(name="far away"))
    assert "far away" in sentences(run)


def test_a_delivery_is_tried_again_later(run: CampaignRun) -> None:
    Delivery.objects.update(not_before=timezone.now() + timedelta(minutes=5))
    delivery = Delivery.objects.select_related("run").order_by("pk")[0]
    assert "will be retried at" in delivery_waiting_reason(delivery=delivery).sentence


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        ("sending", "", "sent to the gateway; waiting"),
        ("failed", "RES_5", "failed: RES=5: illegal UIN"),
        ("unknown", "reset", "unknown: reset: "),
    ],
)
def test_a_delivery_that_does_not_wait(
    run: CampaignRun, state: str, reason: str, expected: str
) -> None:
    Delivery.objects.update(state=state, reason=reason)
    delivery = Delivery.objects.select_related("run").order_by("pk")[0]
    assert expected in delivery_waiting_reason(delivery=delivery).sentence
