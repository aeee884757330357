"""The preflight by the API: at once for a small audience, in the background for a large one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from campaigns.models import Campaign, Rehearsal
from campaigns.rehearsals import lifecycle
from campaigns.rehearsals.run import run_rehearsal
from campaigns.states import RehearsalState
from tests.api.asking import administrator
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.commandline import manage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
POST, GET = "campaigns/spring/preflight", "campaigns/spring/rehearsal"
#: Differ between two rehearsals of the same people, or with the moment of asking.
OWN = ("id", "started_at", "finished_at")


@pytest.fixture
def campaign() -> Campaign:
    account = make_account(10_001, friends=[20_001, 20_002, 20_003])
    people = make_list("people", [20_001, 20_002, 20_003])
    return make_campaign("spring", lists=[people], accounts=[account])


def same(answer: Any) -> dict[str, Any]:
    """Return an answer without what differs each time."""
    found: dict[str, Any] = {**answer, "starts_at": None, "finishes_at": None}
    found["rehearsal"] = {k: v for k, v in found["rehearsal"].items() if k not in OWN}
    return found


def test_a_small_audience_is_answered_at_once_as_by_the_command(campaign: Campaign) -> None:
    said = json.loads(manage("campaign", "preflight", "spring", "--json").out)
    program = administrator()
    answer = program.post(POST)
    assert answer.status_code == 200
    assert same(answer.json()) == same(said)
    assert same(program.get(GET).json()) == same(said)


def test_a_large_audience_is_rehearsed_in_the_background(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "AT_ONCE", 2)
    program = administrator()
    assert program.get(GET).json() == {"rehearsal": None}
    for _n in range(2):  # it is not started twice
        answer = program.post(POST)
        assert answer.status_code == 202
        assert answer.json()["ask"] == f"/api/v1/{GET}"
        assert answer.json()["rehearsal"]["state"] == RehearsalState.QUEUED
    assert program.get(GET).json()["rehearsal"]["people"] == 3
    run_rehearsal(rehearsal_id=Rehearsal.objects.get().pk)
    done = program.get(GET).json()
    assert (done["rehearsal"]["state"], done["sendable"]) == ("done", 3)
    monkeypatch.undo()
    assert same(done) == same(program.post(POST).json())


def test_one_that_was_cancelled_says_so(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "AT_ONCE", 2)
    program = administrator()
    program.post(POST)
    assert program.post(POST, {"cancel": True}).status_code == 200
    assert program.get(GET).json()["rehearsal"]["state"] == "cancelled"


def test_the_command_waits_for_any_audience(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "AT_ONCE", 2)
    said = json.loads(manage("campaign", "preflight", "spring", "--json").out)
    assert said["rehearsal"]["state"] == "done"
