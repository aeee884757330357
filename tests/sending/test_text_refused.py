"""A text that became invalid after its run was made stops that run, but no lane or other run."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.reports.waiting_reasons import run_waiting_reasons
from campaigns.run_control.lifecycle import pause_run, resume_run
from qqhttp.simulator import GatewaySimulator
from sending.models import Delivery
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.sending.conftest import FRIENDS, Start, assert_exact, is_finished, states_of
from tests.sending.working import LocalWorker, wait_until

LONG = "a text of more than thirty characters"


def half_sent(run: CampaignRun, gateway: GatewaySimulator) -> None:
    """Send a part of a run, and end the worker."""
    with LocalWorker() as worker:
        wait_until(lambda: gateway.control.figures().arrived >= 2, what="two messages")
        pause_run(run=run)
        wait_until(lambda: not worker.runtime.lanes, what="the lanes to rest")
    resume_run(run=run)


def is_stopped(run: CampaignRun) -> bool:
    return CampaignRun.objects.filter(pk=run.pk, state=RunState.STOPPED).exists()


@pytest.mark.slow
def test_a_run_whose_text_became_too_long_stops_with_a_sentence_and_others_go_on(
    engine: GatewaySimulator, senders: list[Account], start: Start, settings: Any
) -> None:
    Account.objects.update(min_interval=0.05)
    run = start(accounts=senders[:1], text=LONG)
    half_sent(run, engine)
    sent = states_of(run)["sent"]
    other = start(accounts=senders[:1], name="other", text="short")
    settings.LONGEST_TEXT = 30
    with LocalWorker() as worker:
        wait_until(lambda: is_stopped(run) and is_finished(other), what="the other's end")
        assert worker.deaths == []
    run.refresh_from_db()
    assert "37 characters" in run.state_detail
    assert "LONGEST_TEXT" in run.state_detail
    assert states_of(run) == {"sent": sent, "pending": FRIENDS - sent}
    assert check_figures(run=run) == []
    assert states_of(other) == {"sent": FRIENDS}
    # What was undone lets it go on where it stood.
    settings.LONGEST_TEXT = 4_000
    resume_run(run=run)
    with LocalWorker():
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert states_of(run) == {"sent": FRIENDS}
    assert check_figures(run=run) == []


def test_a_text_that_does_not_compile_any_more_stops_its_run(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    run = start(accounts=senders[:1], text="hi {{ name }}")
    # As if a filter had gone with an upgrade.
    CampaignRun.objects.filter(pk=run.pk).update(text="hi {{ name | gone }}")
    with LocalWorker() as worker:
        wait_until(lambda: is_stopped(run), what="the stop")
        assert worker.deaths == []
    run.refresh_from_db()
    assert "“gone”" in run.state_detail
    assert states_of(run) == {"pending": FRIENDS}
    assert engine.control.figures().arrived == 0
    assert not [reason for reason in run_waiting_reasons(run=run) if "worker" in reason.sentence]


@pytest.mark.slow
def test_who_would_get_too_long_a_text_is_skipped_and_the_others_get_theirs(
    engine: GatewaySimulator, senders: list[Account], start: Start, settings: Any
) -> None:
    Account.objects.update(min_interval=0.05)
    run = start(accounts=senders[:1], text="hi {{ name }}")
    half_sent(run, engine)
    unlucky = run.deliveries.filter(state="pending").select_related("contact").first()
    assert unlucky is not None
    assert unlucky.contact is not None
    unlucky.contact.name = "x" * 40
    unlucky.contact.save()
    settings.LONGEST_TEXT = 30
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
        assert worker.deaths == []
    assert states_of(run) == {"sent": FRIENDS - 1, "skipped": 1}
    assert Delivery.objects.get(pk=unlucky.pk).reason == "too_long"
    assert_exact(run, engine)
