"""Late-comers: people who joined the audience of a run that is under way."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from campaigns.models import CampaignRun
from campaigns.planning import late_comers, plan_sql
from campaigns.planning.late_comers import add_late_comers
from campaigns.planning.plan import plan_run
from campaigns.run_control.lifecycle import cancel_run
from contacts.models import Contact, Membership, Segment
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.runs.figures import check_figures, figures_of
from sending.runs.finish import finish_runs_that_are_done
from sending.states import DeliveryState, RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PEOPLE = range(100_000, 100_010)
LATE = range(100_010, 100_017)


@pytest.fixture
def run() -> CampaignRun:
    make_account(20_001, friends=range(100_000, 100_015))
    campaign = make_campaign("spring", lists=[make_list("all", PEOPLE)])
    made = make_run(campaign, state=RunState.PREPARING)
    assert plan_run(run=made)
    return made


def states(run: CampaignRun) -> dict[int, str]:
    return dict(Delivery.objects.filter(run=run).values_list("uin", "state"))


def test_new_members_are_planned_once(run: CampaignRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_comers, "CHUNK", {"postgresql": 3, "sqlite": 3})
    # A person with a lower id than the others joins too, and one person leaves.
    early = Contact.objects.create(pk=-5, uin=99_999)
    Membership.objects.create(contact_list=make_list("all"), contact=early)
    Membership.objects.filter(contact__uin=100_000).delete()
    make_list("all", LATE)
    assert add_late_comers(run=run) == 8
    assert add_late_comers(run=run) == 0
    now = states(run)
    assert set(now) == {99_999, *PEOPLE, *LATE}
    assert {uin for uin in now if now[uin] == "skipped"} == {99_999, 100_015, 100_016}
    assert figures_of(run=run).targeted == 18
    assert check_figures(run=run) == []
    event = run.events.first()
    assert event is not None
    assert event.detail == "8 late-comers were added."


def test_of_a_segment_too(run: CampaignRun) -> None:
    segment = Segment.objects.create(
        name="Kunming",
        conditions={"kind": "attribute", "name": "city", "is": "equals", "value": "昆明"},
    )
    run.segments.add(segment)
    make_list("others", [100_011], city="昆明")
    assert add_late_comers(run=run) == 1
    assert states(run)[100_011] == "pending"


def test_a_person_who_had_a_delivery_is_not_new(run: CampaignRun) -> None:
    Delivery.objects.filter(run=run).update(state="skipped", reason="no_account")
    assert add_late_comers(run=run) == 0


@pytest.mark.parametrize("state", ["preparing", "scheduled", "finished", "cancelled", "stopped"])
def test_only_a_run_that_is_under_way(run: CampaignRun, state: str) -> None:
    make_list("all", LATE)
    CampaignRun.objects.filter(pk=run.pk).update(state=state)
    with pytest.raises(Refusal) as refused:
        add_late_comers(run=run)
    assert refused.value.code == "wrong_state"
    assert len(states(run)) == 10


def test_a_cancel_between_two_chunks_ends_it(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_comers, "CHUNK", {"postgresql": 3, "sqlite": 3})
    monkeypatch.setattr(
        late_comers,
        "failpoint",
        lambda _name: cancel_run(run=run) if run.state == "running" else None,
    )
    make_list("all", LATE)
    assert add_late_comers(run=run) == 3
    assert set(states(run).values()) == {"cancelled"}
    assert check_figures(run=run) == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_several_at_once_add_each_person_once(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_comers, "CHUNK", {"postgresql": 5, "sqlite": 5})
    make_list("all", range(100_010, 100_110))
    barrier = threading.Barrier(3)
    added: list[int] = []

    def add() -> None:
        try:
            barrier.wait(10)
            added.append(add_late_comers(run=CampaignRun.objects.get(pk=run.pk)))
        finally:
            connection.close()

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(added) == 100
    assert len(states(run)) == 110
    assert check_figures(run=run) == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_run_does_not_finish_over_late_comers(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of a run waits for a chunk that is being written, and then sees it."""
    Delivery.objects.filter(run=run).update(state=DeliveryState.SENT)
    run.tallies.filter(kind="state").update(key="sent")
    make_list("all", LATE[:3])
    is_inside, finished = threading.Event(), threading.Event()
    insert = plan_sql.insert_deliveries

    def slow_insert(**given: object) -> object:
        planned = insert(**given)  # type: ignore[arg-type]
        is_inside.set()
        finished.wait(1.0)  # the end of the run is tried while the chunk is not committed
        return planned

    def finish() -> None:
        try:
            is_inside.wait(10)
            finish_runs_that_are_done(run_ids=[run.pk])
        finally:
            finished.set()
            connection.close()

    monkeypatch.setattr(late_comers, "insert_deliveries", slow_insert)
    thread = threading.Thread(target=finish)
    thread.start()
    assert add_late_comers(run=run) == 3
    thread.join(30)
    run.refresh_from_db()
    assert run.state == RunState.RUNNING


def test_the_command(run: CampaignRun) -> None:
    make_list("all", LATE)
    said = manage("campaign", "add-late-comers", "spring", "--json")
    assert (said.status, said.json["added"], said.json["state"]) == (0, 7, "running")
    again = manage("campaign", "add-late-comers", "spring")
    assert again.status == 0
    assert "No new people have joined" in again.out
    cancel_run(run=run)
    refused = manage("campaign", "add-late-comers", "spring", "--json")
    assert (refused.status, refused.json["error"]) == (1, "wrong_state")
