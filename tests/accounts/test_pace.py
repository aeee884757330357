"""Pace: sliding windows in a real Redis, ceilings, seeding, and the learnt gap."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.pacing import limits
from accounts.pacing.learnt_gap import LearntGap
from accounts.pacing.limits import Limits
from accounts.pacing.pace import Windows
from accounts.pacing.redis_client import live
from clocks import shared
from clocks.models import SharedClock

KEY = "pace:account:7"
#: A minute is too long for a test; the script takes any length.
SHORT = 0.3
#: The uncertainty of the shared time, seconds.
BLUR = 0.1


@pytest.fixture
def redis_client(clean_redis: Any, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(limits, "MINUTE", SHORT)
    live.cache_clear()
    return clean_redis


def windows(sends: Iterable[datetime] = (), *, account: int = 7, egress: int = 1) -> Windows:
    newest_first = [(f"sent {at}", at) for at in sorted(sends, reverse=True)]
    return Windows(
        account_id=account, egress_id=egress, recent_sends=lambda most: newest_first[:most]
    )


def until_granted(one: Windows, limits: Limits, member: str) -> float:
    """Reserve until it is granted; return the seconds that it took."""
    began = time.monotonic()
    while wait := one.reserve(limits=limits, member=member):
        time.sleep(wait)
    return time.monotonic() - began


def seconds_to_wait(one: Windows, limits: Limits, member: str) -> float:
    """Return the wait of a reservation, after the windows are seeded."""
    wait = one.reserve(limits=limits, member=member)
    return one.reserve(limits=limits, member=member) if wait == 0.001 else wait


def test_no_sliding_window_exceeds_its_limit(redis_client: Any) -> None:
    limits = Limits(0.0, per_minute=3)
    one = windows()
    granted, replied = [], []
    for number in range(10):
        until_granted(one, limits, str(number))
        granted.append(time.monotonic())
        replied.append(time.monotonic())
        one.confirm(limits=limits, member=str(number))
    for first, fourth in zip(replied, granted[3:], strict=False):
        # One millisecond is the script's resolution.
        assert fourth - first >= SHORT - 0.001


def test_a_window_counts_a_message_from_its_reply(redis_client: Any) -> None:
    limits = Limits(0.0, per_minute=1)
    one = windows()
    until_granted(one, limits, "slow")
    time.sleep(SHORT * 0.8)
    replied_at = time.monotonic()
    one.confirm(limits=limits, member="slow")
    until_granted(one, limits, "next")
    assert time.monotonic() - replied_at >= SHORT - 0.001


@pytest.mark.parametrize(
    ("ages", "limits", "at_least", "at_most"),
    [
        ([], Limits(0.0, per_hour=2), 0, 0),
        ([10], Limits(0.0, per_hour=2), 0, 0),
        ([3700, 10], Limits(0.0, per_hour=2), 0, 0),
        ([600, 10], Limits(0.0, per_hour=2), 2990, 3001),
        ([3599, 3598, 10], Limits(0.0, per_hour=2), 0.9, 2.1),
        ([600 + n / 1000 for n in range(5)], Limits(0.0, per_hour=5, per_day=5), 85_700, 85_801),
        ([80_000 + n / 1000 for n in range(9)], Limits(0.0, per_hour=5, per_day=9), 6_300, 6_401),
    ],
)
def test_an_empty_redis_is_seeded_from_the_attempts(
    redis_client: Any, ages: list[float], limits: Limits, at_least: float, at_most: float
) -> None:
    now = shared.now()
    one = windows([now - timedelta(seconds=age) for age in ages])
    wait = seconds_to_wait(one, limits, "x")
    assert at_least <= wait <= at_most


@pytest.mark.parametrize("correction", [-3600.0, 3600.0])
def test_windows_go_by_the_shared_time_and_not_by_the_clock_of_redis(
    redis_client: Any, monkeypatch: pytest.MonkeyPatch, correction: float
) -> None:
    """The database's clock was set by an hour, so the shared time differs from every host's."""
    SharedClock.objects.update_or_create(
        pk=SharedClock.THE_ONE,
        defaults={"correction": correction, "generation": 1, "observed_at": datetime.now(UTC)},
    )
    clock = shared.Clock()
    monkeypatch.setattr(shared, "now", clock.now)
    monkeypatch.setattr(shared, "earliest", clock.earliest)
    assert abs((clock.now() - datetime.now(UTC)).total_seconds() - correction) < 60
    limits = Limits(0.0, per_hour=1)
    one = windows([clock.now() - timedelta(minutes=50)])
    assert seconds_to_wait(one, limits, "early") == pytest.approx(600, abs=BLUR + 5)
    assert seconds_to_wait(windows(account=8), limits, "first of another") == 0


def test_a_flush_of_redis_loses_no_message(redis_client: Any) -> None:
    limits = Limits(0.0, per_hour=2)
    sent: list[tuple[str, datetime]] = []
    one = Windows(account_id=7, egress_id=1, recent_sends=lambda most: sent[::-1][:most])
    for member in "ab":
        until_granted(one, limits, member)
        sent.append((member, shared.now()))
        one.confirm(limits=limits, member=member)
    redis_client.flushall()
    assert seconds_to_wait(one, limits, "c") > 3590


@pytest.mark.slow
def test_ceilings_are_shared_by_all_accounts(redis_client: Any) -> None:
    limits = Limits(0.0, egress_per_second=4)
    first, second, elsewhere = windows(account=1), windows(account=2), windows(egress=2)
    until_granted(first, limits, "warm-up")  # an empty ceiling begins with a whole window
    time.sleep(1.0 + BLUR)
    granted = [first.reserve(limits=limits, member="a"), second.reserve(limits=limits, member="b")]
    granted += [first.reserve(limits=limits, member=m) for m in "cd"]
    assert granted == [0.0] * 4
    assert 0 < second.reserve(limits=limits, member="e") <= 1.0 + BLUR
    # Another egress has a ceiling of its own, the gateway one for all.
    until_granted(elsewhere, limits, "f")
    gateway = Limits(0.0, gateway_per_second=0.5)
    assert (
        1.9 < first.reserve(limits=gateway, member="g") <= 2.0 + BLUR
    )  # begins with a whole window


def test_a_refused_message_is_added_to_no_window(redis_client: Any) -> None:
    one = windows([shared.now()])
    limits = Limits(0.0, per_minute=50, per_hour=1)
    assert seconds_to_wait(one, limits, "x") > 3000
    assert redis_client.zscore(KEY, "x") is None


def test_a_repeat_takes_over_its_own_place_and_no_other(redis_client: Any) -> None:
    limits = Limits(0.0, per_hour=2)
    one = windows()
    for member in "ab":
        until_granted(one, limits, member)
    assert seconds_to_wait(one, limits, "c") > 3590
    assert one.reserve(limits=limits, member="a", is_repeat=True) == 0.0
    # "a" left an hour ago, and "c" has its place.
    redis_client.zadd(KEY, {"a": 1.0})
    until_granted(one, limits, "c")
    assert one.reserve(limits=limits, member="a", is_repeat=True) > 3590
    both = Limits(0.0, per_hour=3, per_day=3)
    redis_client.delete(KEY)
    until_granted(windows(), both, "b")
    held = redis_client.zscore(KEY, "b")
    full = Limits(0.0, per_hour=3, per_day=3, egress_per_second=0.5)
    assert one.reserve(limits=full, member="b", is_repeat=True) > 1.0  # the ceiling is full
    assert redis_client.zscore(KEY, "b") == held


def test_without_limits_redis_is_not_asked() -> None:
    assert windows().reserve(limits=Limits(1.0), member="x") == 0.0


@pytest.mark.django_db
def test_an_unreachable_redis_grants_nothing_new(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    live.cache_clear()
    try:
        limits = Limits(0.0, per_minute=5)
        assert windows().reserve(limits=limits, member="x") == 0.5
        # A repeat may leave only until the gateway forgets its SEQ.
        assert windows().reserve(limits=limits, member="x", is_repeat=True) == 0.0
    finally:
        live.cache_clear()


def test_the_learnt_gap_grows_after_res_3_and_shrinks_after_successes() -> None:
    gap = LearntGap(floor=1.0)
    assert (gap.seconds, gap.learnt) == (1.0, None)
    gap.too_fast()
    assert (gap.seconds, gap.learnt) == (1.5, 1.5)
    for _ in range(LearntGap.SUCCESSES_BEFORE_FASTER):
        gap.success()
    assert gap.seconds == pytest.approx(1.425)
    for _ in range(1000):
        gap.success()
    # The gap stays a tenth above the one that was too short.
    assert gap.seconds == pytest.approx(1.1)
    gap.floor = 5.0  # set by an operator
    assert (gap.seconds, gap.learnt) == (5.0, None)


@pytest.mark.parametrize(
    ("floor", "learnt", "seconds"),
    [(0.0, None, 0.0), (0.0, 2.0, 2.0), (3.0, 2.0, 3.0), (1.0, 2.0, 2.0)],
)
def test_the_gap_starts_with_the_stored_learnt_gap(
    floor: float, learnt: float | None, seconds: float
) -> None:
    assert LearntGap(floor=floor, learnt=learnt).seconds == seconds


def test_the_learnt_gap_has_a_maximum() -> None:
    gap = LearntGap(floor=0.0)
    for _ in range(40):
        gap.too_fast()
    assert gap.seconds == LearntGap.LONGEST
