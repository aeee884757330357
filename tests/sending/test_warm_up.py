"""Warm-up: the days of a curve, bad codes, and the limit of a day in a real Redis."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Account, AccountEvent, WarmUp, WarmUpCurve
from accounts.pacing import limits
from accounts.pacing.limits import Limits, daily_limit
from accounts.pacing.pace import Windows
from accounts.pacing.redis_client import live
from accounts.warm_ups import apply_curve, create_curve, progress_of, start_warm_up, stop_warm_up
from campaigns.planning.preflight import preflight
from clocks import shared
from contacts.models import Contact
from foundation.refusals import Refusal
from sending import warm_up_days
from sending.models import Attempt, Delivery
from sending.policies import load_policies
from sending.warm_up_days import advance_warm_ups
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)
from tests.commandline import manage
from tests.sending.working import LocalWorker, wait_until

pytestmark = pytest.mark.both_databases

PEOPLE = range(100_000, 100_400)
DAY = timedelta(days=1)


def on_a_curve(limits: list[int], **columns: Any) -> Account:
    account = make_account(20_001, friends=PEOPLE, **columns)
    start_warm_up(account=account, curve=create_curve(name="mine", limits=limits))
    account.refresh_from_db()
    return account


def a_day_later(account: Account, codes: list[str], *, days: int = 1) -> WarmUp | None:
    """Let a day with these codes pass, and `days` - 1 without any; return the warm-up."""
    row = WarmUp.objects.get(account=account)
    began_at = shared.now() - days * DAY - timedelta(minutes=1)
    WarmUp.objects.filter(pk=row.pk).update(day_began_at=began_at)
    make_attempts(account, codes, at=began_at + timedelta(hours=1))
    advance_warm_ups()
    advance_warm_ups()  # idempotent
    account.refresh_from_db()
    return WarmUp.objects.filter(account=account).first()


def make_attempts(account: Account, codes: list[str], *, at: datetime) -> None:
    Attempt.objects.filter(account=account).update(marked_at=at - 3 * DAY)
    delivery = Delivery.objects.first()
    if delivery is None:
        run = make_run(make_campaign("earlier", lists=[make_list("some", [200_000])]))
        delivery = make_delivery(run, Contact.objects.get(uin=200_000), account=account)
    first = Attempt.objects.count() + 1
    Attempt.objects.bulk_create(
        Attempt(
            delivery=delivery, account=account, seq=first + number, res=code,
            marked_at=at + timedelta(seconds=number), finished_at=at + timedelta(seconds=number),
        )
        for number, code in enumerate(codes)
    )  # fmt: skip


def history(account: Account) -> list[str]:
    rows = AccountEvent.objects.filter(account=account, reason="warm_up").order_by("pk")
    return [str(event.detail) for event in rows]


@pytest.mark.django_db
def test_a_good_day_advances_an_idle_day_does_not() -> None:
    account = on_a_curve([10, 20, 40])
    assert account.warm_up_limit == 10
    now = a_day_later(account, ["0"] * 10)
    assert now is not None
    assert (now.day, account.warm_up_limit) == (2, 20)
    now = a_day_later(account, [], days=5)
    assert now is not None
    assert (now.day, account.warm_up_limit) == (2, 20)
    assert shared.now() - now.day_began_at < DAY
    now = a_day_later(account, ["0"], days=3)
    assert now is not None
    assert (now.day, account.warm_up_limit) == (3, 40)
    assert a_day_later(account, ["0"]) is None
    assert account.warm_up_limit is None
    assert history(account) == [
        "Warms up by “mine”: 10 messages on the first of 3 days.",
        "Its warm-up by “mine” is over after 3 days: its own limits apply.",
    ]


@pytest.mark.django_db
def test_a_day_that_another_process_has_just_judged_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    account = on_a_curve([10, 20, 40])
    make_attempts(account, ["0"] * 10, at=shared.now() - timedelta(hours=23))
    WarmUp.objects.update(day_began_at=shared.now() - DAY - timedelta(minutes=1))

    def other_process_first() -> Any:
        monkeypatch.setattr(warm_up_days, "load_policies", load_policies)
        advance_warm_ups()
        return load_policies()

    # Called between the reading of what is due and its lock.
    monkeypatch.setattr(warm_up_days, "load_policies", other_process_first)
    advance_warm_ups()
    assert WarmUp.objects.get().day == 2
    assert not caplog.records


@pytest.mark.django_db
def test_bad_codes_hold_it_back_and_then_set_it_back() -> None:
    account = on_a_curve([30, 40, 50, 60])
    for day in (2, 3):
        now = a_day_later(account, ["0"] * 29 + ["3"])  # 3.3 %
        assert now is not None
        assert now.day == day
    bad = ["0"] * 18 + ["3", "5"]
    now = a_day_later(account, bad)
    assert now is not None
    assert (now.day, account.warm_up_limit) == (3, 50)
    now = a_day_later(account, bad)
    assert now is not None
    assert (now.day, account.warm_up_limit) == (2, 40)
    now = a_day_later(account, ["0"] * 20)
    assert now is not None
    assert (now.day, now.bad_days) == (3, 0)
    assert history(account)[1:] == [
        "Its warm-up stays on day 3: 2 of 20 messages that day ended with bad codes, more than "
        "5 %.",
        "Its warm-up goes back to day 2: again 2 of 20 messages in a day ended with bad codes, "
        "more than 5 %.",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("codes", "day"),
    [
        (["0"] * 15 + ["3"] * 4, 2),  # fewer than 20 attempts
        (["0"] * 20 + ["NULL", "timeout", "HTTP_502", "20"] * 5, 2),  # nobody's fault
        (["unreachable"] * 30, 1),  # nothing left: idle
        (["0"] * 38 + ["-7", "9"], 2),  # exactly 5 %
        (["0"] * 37 + ["-7", "9"], 1),
    ],
)
def test_what_counts_as_bad(codes: list[str], day: int) -> None:
    now = a_day_later(on_a_curve([40, 80]), codes)
    assert now is not None
    assert now.day == day


@pytest.mark.django_db
def test_a_small_day_is_judged_by_all_of_its_messages() -> None:
    now = a_day_later(on_a_curve([5, 10]), ["0"] * 4 + ["3"])
    assert now is not None
    assert now.day == 1


@pytest.mark.django_db
def test_a_changed_curve_holds_at_once_and_a_warm_up_can_be_ended() -> None:
    account = on_a_curve([10, 20, 30])
    a_day_later(account, ["0"])
    curve = WarmUpCurve.objects.get(name="mine")
    curve.limits = [7]
    curve.save()
    apply_curve(curve)
    account.refresh_from_db()
    assert account.warm_up_limit == 7
    with pytest.raises(Refusal, match="warming up by “mine” already"):
        start_warm_up(account=account, curve=curve)
    stop_warm_up(account=account)
    account.refresh_from_db()
    assert account.warm_up_limit is None
    with pytest.raises(Refusal, match="not warming up"):
        stop_warm_up(account=account)


@pytest.mark.django_db
def test_the_preflight_simulates_growing_days() -> None:
    make_list("all", PEOPLE[:100])
    account = on_a_curve([10, 20, 40, 80], min_interval=1.0)
    campaign = make_campaign(lists=[make_list("all")], accounts=[account])
    found = preflight(campaign=campaign)
    assert found.finishes_at is not None
    # 10, 20 and 40 on three days; the last 30 on the fourth.
    assert timedelta(days=3) < found.finishes_at - shared.wall() < timedelta(days=3, hours=1)
    stop_warm_up(account=account)
    found = preflight(campaign=campaign)
    assert found.finishes_at is not None
    assert found.finishes_at - shared.wall() < timedelta(hours=1)


@pytest.mark.django_db
def test_a_deadline_cuts_off_what_the_curve_leaves() -> None:
    make_list("all", PEOPLE[:100])
    account = on_a_curve([10, 20, 40, 80], min_interval=1.0)
    campaign = make_campaign(lists=[make_list("all")], accounts=[account], deadline_after=36 * 3600)
    assert preflight(campaign=campaign).past_deadline == 70


@pytest.mark.django_db
def test_the_command() -> None:
    make_account(20_001)
    make_account(20_002, per_day=5)
    made = manage("warm_up_curve", "create", "own", "--days", "10, 20;40", "--json")
    assert made.status == 0, made
    assert [one["days"] for one in made.json["items"] if one["name"] == "own"] == [[10, 20, 40]]
    for wrong in ("", "10,x", "0", "-1", "1e3", "²", "9" * 5000, "1," * 400):
        said = manage("warm_up_curve", "create", "bad", f"--days={wrong}", "--json")
        assert (said.status, said.json["error"]) == (1, "curve_malformed"), wrong
    said = manage("accounts", "warm-up", 20_001, 20_002, "--curve", "own", "--json")
    assert said.status == 0, said
    assert said.json[0]["sentence"] == "day 1 of 3: 10 a day; 0 sent today"
    status = manage("accounts", "status", 20_001, "--json").json[0]
    assert status["warm_up"] == {"curve": "own", "day": 1, "days": 3, "limit": 10, "sent": 0}
    said = manage("warm_up_curve", "delete", "own", "--json")
    assert (said.status, said.json["error"]) == (1, "in_use")
    assert manage("accounts", "warm-up", 20_001, 20_002, "--off").status == 0
    assert manage("accounts", "warm-up", 20_001, "--off").status == 1
    assert manage("accounts", "warm-up", 20_001).status == 2
    assert manage("accounts", "warm-up", 20_001, "--curve", "onw").status == 1
    assert manage("warm_up_curve", "delete", "own").status == 0


def test_the_lower_limit_of_a_day_holds() -> None:
    assert daily_limit(None, None) is None
    assert daily_limit(50, 10) == 10
    assert daily_limit(5, 10) == 5
    assert daily_limit(None, 10) == 10


@pytest.fixture
def short_day(clean_redis: Any, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(limits, "DAY", 0.5)
    live.cache_clear()
    return clean_redis


@pytest.mark.slow
@pytest.mark.parametrize("flushed", [False, True])
def test_no_sliding_day_exceeds_the_limit_of_its_day(short_day: Any, flushed: bool) -> None:
    """The limit grows and shrinks while messages are sent; Redis may be emptied meanwhile."""
    sent: list[tuple[str, datetime]] = []
    one = Windows(account_id=7, egress_id=1, recent_sends=lambda most: sent[::-1][:most])
    limits = [3, 6, 12, 5, 2, 8]
    began = shared.now()
    changed_at: list[tuple[datetime, int]] = []
    number = 0
    for index, limit in enumerate(limits):
        changed_at.append((shared.now(), limit))
        until = began + timedelta(seconds=0.35 * (index + 1))
        if flushed:
            short_day.flushall()
        while shared.now() < until:
            wait = one.reserve(limits=Limits(0.0, per_day=limit), member=str(number))
            if wait:
                time.sleep(min(wait, 0.02))
                continue
            sent.append((str(number), shared.now()))
            one.confirm(limits=Limits(0.0, per_day=limit), member=str(number))
            number += 1
    assert len(sent) > 10
    for position, (_member, at) in enumerate(sent):
        limit = [limit for since, limit in changed_at if since <= at][-1]
        # The clock's milliseconds are rounded in the script.
        since = at - timedelta(seconds=0.49)
        assert sum(1 for _name, other in sent[: position + 1] if other > since) <= limit


def test_what_was_sent_without_a_limit_counts_when_one_begins(short_day: Any) -> None:
    sent: list[tuple[str, datetime]] = []
    one = Windows(account_id=7, egress_id=1, recent_sends=lambda most: sent[::-1][:most])
    hour_only = Limits(0.0, per_hour=50)
    for number in range(8):
        while one.reserve(limits=hour_only, member=str(number)):
            pass
        sent.append((str(number), shared.now()))
        one.confirm(limits=hour_only, member=str(number))
    warm = Limits(0.0, per_hour=50, per_day=8)
    waits = [one.reserve(limits=warm, member="x") for _ in range(2)]
    assert waits[-1] > 0.001


@pytest.mark.slow
def test_a_lane_obeys_the_limit_of_the_day_and_its_change(
    engine: Any, senders: list[Account], start: Any
) -> None:
    account = senders[0]
    start_warm_up(account=account, curve=create_curve(name="mine", limits=[3, 5, 9]))
    run = start(accounts=[account])

    def sent() -> int:
        return Delivery.objects.filter(run=run, state="sent").count()

    with LocalWorker():
        wait_until(lambda: sent() == 3, what="the messages of the first day")
        time.sleep(1.5)
        assert sent() == 3
        curve = WarmUpCurve.objects.get(name="mine")
        curve.limits = [5]
        curve.save()
        apply_curve(curve)
        wait_until(lambda: sent() == 5, what="the messages of the changed day")
        progress = progress_of(Account.objects.get(pk=account.pk))
        assert progress is not None
        assert progress.sent == 5
