"""A run's own rate over all accounts, and its priority, with real lanes, Redis and gateway."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from accounts.models import Account
from accounts.pacing import limits, pace
from accounts.pacing.redis_client import live
from campaigns.creation.pace import Pace
from campaigns.models import CampaignRun
from campaigns.reports.waiting_reasons import run_waiting_reasons
from campaigns.run_control.pace import change_pace
from clocks import shared
from qqhttp.simulator import GatewaySimulator
from sending.models import Attempt, Delivery, Run
from sending.runs.figures import check_figures
from sending.runs.rate import rate_of, recent_requests
from tests.sending.conftest import ACCOUNTS, FRIENDS, Start, is_finished
from tests.sending.working import LocalWorker, wait_until

#: A minute is too long for a test; windows take any length.
SHORT_MINUTE = 3.0


@pytest.fixture
def short_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MINUTE", SHORT_MINUTE)
    monkeypatch.setattr("sending.runs.rate.MINUTE", SHORT_MINUTE)


def set_rate(run: CampaignRun, per_minute: int | None, priority: int = 5) -> None:
    Run.objects.filter(pk=run.pk).update(per_minute=per_minute, priority=priority)


def moments(gateway: GatewaySimulator, run: CampaignRun) -> list[float]:
    """Return when the messages of a run reached the gateway, seconds, in order."""
    return sorted(one.at for one in gateway.control.messages() if one.text == run.text)


def sent(run: CampaignRun) -> int:
    return Delivery.objects.filter(run=run, state="sent").count()


def most_in_a_window(times: list[float], length: float) -> int:
    return max(sum(1 for at in times if start <= at < start + length) for start in times)


@pytest.mark.slow
def test_a_rate_holds_over_all_accounts_and_holds_up_no_other_run(
    engine: GatewaySimulator, senders: list[Account], start: Start, short_minute: None
) -> None:
    slow = start(accounts=senders, name="slow", text="slow")
    fast = start(accounts=senders, name="fast", text="fast")
    set_rate(slow, 10)
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(fast), what="the end of the other run")
        assert sent(slow) < ACCOUNTS * FRIENDS
        wait_until(lambda: sent(slow) >= 20, what="20 messages at the rate", seconds=120)
        change_pace(campaign=slow.campaign, to=Pace(None))
        wait_until(lambda: is_finished(slow), what="the end of the run without its rate")
        assert worker.deaths == []
    limited = moments(engine, slow)[:20]
    assert most_in_a_window(limited, SHORT_MINUTE - 0.05) <= 10
    assert len(engine.control.messages()) == 2 * ACCOUNTS * FRIENDS
    assert check_figures(run=slow) == check_figures(run=fast) == []


@pytest.mark.slow
def test_lanes_that_wait_for_the_rate_do_not_spin(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(accounts=senders)
    set_rate(run, 6)
    asked: list[float] = []
    reserve = pace.Windows.reserve

    def watched(self: Any, **arguments: Any) -> float:
        asked.append(time.monotonic())
        return reserve(self, **arguments)

    monkeypatch.setattr(pace.Windows, "reserve", watched)
    with LocalWorker():
        wait_until(lambda: sent(run) >= 2, what="the messages of the first six seconds")
        asked.clear()
        time.sleep(4.0)
    # Two tries a place: within these seconds there is at most one place.
    assert len(asked) <= 6
    assert (
        "own rate of 6 a minute"
        in " ".join(reason.sentence for reason in run_waiting_reasons(run=run))
        or sent(run) < 5
    )


@pytest.mark.slow
def test_places_equal_attempts_and_are_filled_again_after_a_flush(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    run = start(accounts=senders)
    set_rate(run, 100)
    with LocalWorker() as worker:
        wait_until(lambda: sent(run) >= 11, what="the first messages")
        wait_until(lambda: bool(worker.runtime.context.rate_turns._last), what="a run at its rate")
        wait_until(
            lambda: not Delivery.objects.filter(run=run, state="sending").exists(), what="answers"
        )
    client: Any = live()
    key = f"pace:run:{run.pk}"
    places = set(client.zrange(key, 0, -1)) - {"seed"}
    made = Attempt.objects.filter(delivery__run=run).values_list("account_id", "seq")
    assert places == {f"{account}:{seq}" for account, seq in made}
    client.flushall()
    run.refresh_from_db()
    assert {member for member, _at in recent_requests(run_id=run.pk)} == places
    Attempt.objects.update(finished_at=shared.now() - timedelta(seconds=61))
    assert recent_requests(run_id=run.pk) == []
    assert rate_of(run) is not None


@pytest.mark.slow
def test_an_urgent_run_goes_first_and_weights_share_an_account(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    account = senders[0]
    Account.objects.update(min_interval=0.05)
    runs = {
        text: start(accounts=[account], name=text, text=text) for text in ("calm", "brisk", "now")
    }
    for text, priority in (("calm", 2), ("brisk", 6), ("now", 9)):
        set_rate(runs[text], None, priority)
    with LocalWorker():
        for run in runs.values():
            wait_until(partial(is_finished, run), what="the end of a run")
    order = [one.text for one in sorted(engine.control.messages(), key=lambda one: one.at)]
    assert order[:FRIENDS] == ["now"] * FRIENDS
    assert order[FRIENDS : FRIENDS + 8].count("brisk") == 6
    for run in runs.values():
        assert check_figures(run=run) == []


@pytest.mark.slow
def test_a_priority_that_is_changed_holds_within_a_second(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    account = senders[0]
    Account.objects.update(min_interval=0.4)
    first = start(accounts=[account], name="first", text="first")
    second = start(accounts=[account], name="second", text="second")
    set_rate(first, None, 9)
    with LocalWorker():
        wait_until(lambda: sent(first) >= 2, what="the first messages")
        change_pace(campaign=second.campaign, to=Pace(None, 9))
        change_pace(campaign=first.campaign, to=Pace(None, 5))
        before = sent(first)
        wait_until(lambda: sent(second) == FRIENDS, what="the second run")
        # One may be in flight, and two leave within the second that a change may take.
        assert sent(first) <= before + 4
