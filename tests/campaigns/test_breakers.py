"""The breaker of runs: it counts messages, whatever the number of their attempts."""

from __future__ import annotations

import itertools

import pytest

from campaigns.models import CampaignRun
from clocks import shared
from contacts.models import Contact
from sending.models import Attempt
from sending.runs.breakers import stop_failing_runs
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)
from tests.commandline import manage

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]

FIRST, LEAST = 100_000, 40


def make_endings(*, bad: int, sent: int, attempts_of_bad: int) -> CampaignRun:
    """Make a run with messages that ended; each bad one has so many attempts."""
    account = make_account()
    people = make_list("all", range(FIRST, FIRST + bad + sent))
    run = make_run(make_campaign(lists=[people]))
    seqs, now = itertools.count(1), shared.now()
    for number in range(bad + sent):
        is_bad = number < bad
        delivery = make_delivery(
            run,
            Contact.objects.get(uin=FIRST + number),
            account=account,
            state="unknown" if is_bad else "sent",
            reason="too_many_tries" if is_bad else "",
        )
        Attempt.objects.bulk_create(
            Attempt(
                delivery=delivery,
                account=account,
                seq=next(seqs),
                marked_at=now,
                finished_at=now,
                res="timeout" if is_bad else "0",
            )
            for _ in range(attempts_of_bad if is_bad else 1)
        )
    return run


@pytest.mark.parametrize(
    ("bad", "sent", "attempts_of_bad", "is_stopped"),
    [(4, 5, 10, False), (4, 60, 10, False), (LEAST, 0, 1, True), (30, 31, 1, False),
     (30, 30, 3, True)],
)  # fmt: skip
def test_a_run_stops_when_half_of_its_latest_messages_failed(
    settings: pytest.FixtureRequest, bad: int, sent: int, attempts_of_bad: int, is_stopped: bool
) -> None:
    settings.QQ_BREAKER_RUN = LEAST  # type: ignore[attr-defined]
    run = make_endings(bad=bad, sent=sent, attempts_of_bad=attempts_of_bad)
    assert stop_failing_runs() == is_stopped
    run.refresh_from_db()
    assert run.state == (RunState.STOPPED if is_stopped else RunState.RUNNING)
    if is_stopped:
        assert f"{bad} of the last {bad + sent} messages failed" in run.state_detail
        assert manage("campaign", "status", "spring", "--json").json["why"] == [run.state_detail]
        assert manage("campaign", "status", "spring").out.count(run.state_detail) == 1
