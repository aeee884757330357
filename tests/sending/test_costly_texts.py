"""Texts that cost too much: their deliveries are skipped, their run stops, others continue."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.reports.waiting_reasons import run_waiting_reasons
from campaigns.run_control.lifecycle import resume_run
from contacts.models import Contact
from qqhttp.simulator import GatewaySimulator
from sending.lanes.feed import brief, next_deliveries
from sending.lanes.run_turns import RunTurns
from sending.runs import costly_texts
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.sending.conftest import FRIENDS, Start, is_finished, states_of
from tests.sending.working import LocalWorker, wait_until

#: Cheap for contacts with a small number, too costly for those with a large one.
COSTLY = "hi {% for i in (1..n) %}{{ i }}{% endfor %}"


@pytest.fixture(autouse=True)
def few_suffice(monkeypatch: Any) -> None:
    monkeypatch.setattr(costly_texts, "MOST_TOO_COSTLY", 5)


def give(run: CampaignRun, n: int, *, to: slice) -> None:
    for contact in Contact.objects.filter(deliveries__run=run).order_by("pk")[to]:
        contact.attributes = {"n": n}
        contact.save()


def is_stopped(run: CampaignRun) -> bool:
    return CampaignRun.objects.filter(pk=run.pk, state=RunState.STOPPED).exists()


def test_who_has_too_large_attributes_is_skipped_and_the_others_get_theirs(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    run = start(accounts=senders[:1], text=COSTLY)
    give(run, 3, to=slice(None))
    give(run, 999_999_999, to=slice(2, 5))
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
        assert worker.deaths == []
    assert states_of(run) == {"sent": FRIENDS - 3, "skipped": 3}
    reasons = run.deliveries.filter(state="skipped").values_list("reason", flat=True)
    assert set(reasons) == {"render_too_costly"}
    assert check_figures(run=run) == []


@pytest.mark.slow
def test_a_run_whose_texts_keep_costing_too_much_stops_and_others_go_on(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    run = start(accounts=senders[:1], text=COSTLY)
    give(run, 999_999_999, to=slice(None))
    other = start(accounts=senders[:1], name="other", text="short")
    with LocalWorker() as worker:
        wait_until(lambda: is_stopped(run) and is_finished(other), what="the other's end")
        assert worker.deaths == []
    assert states_of(other) == {"sent": FRIENDS}
    assert states_of(run) == {"skipped": 5, "pending": FRIENDS - 5}
    assert check_figures(run=run) == []
    run.refresh_from_db()
    assert "too much time or memory" in run.state_detail
    assert not [reason for reason in run_waiting_reasons(run=run) if "worker" in reason.sentence]
    # With smaller attributes it resumes where it stopped.
    give(run, 1, to=slice(None))
    resume_run(run=run)
    with LocalWorker():
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert states_of(run) == {"skipped": 5, "sent": FRIENDS - 5}
    assert check_figures(run=run) == []


def test_people_who_get_theirs_in_between_keep_the_run_going(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    run = start(accounts=senders[:1], text=COSTLY)
    give(run, 999_999_999, to=slice(None))
    for place in range(1, FRIENDS, 2):
        give(run, 3, to=slice(place, place + 1))
    known = brief(run, quiet=())
    dues = next_deliveries(account=senders[0], runs=[known], limit=FRIENDS, turns=RunTurns())
    assert len(dues) == FRIENDS // 2
    assert states_of(run) == {"skipped": FRIENDS // 2, "pending": FRIENDS // 2}
    assert not is_stopped(run)
