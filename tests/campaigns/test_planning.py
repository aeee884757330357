"""Planning assigns an account to each person of the audience, to each exactly once."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import nullcontext

import pytest
from django.db import connection

from accounts.models import Account
from accounts.states import AccountState
from campaigns.models import CampaignRun
from campaigns.planning import plan
from campaigns.planning.plan import plan_run
from campaigns.run_control.lifecycle import cancel_run
from contacts.models import Contact, Membership, Suppression
from sending.models import Delivery
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PEOPLE = range(100_000, 100_040)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "CHUNK", {"postgresql": 3, "sqlite": 3})


def a_run(
    people: range = PEOPLE, *, accounts: list[Account] | None = None, **columns: object
) -> CampaignRun:
    everybody = make_list("all")
    made = Contact.objects.bulk_create(Contact(uin=uin, name=f"人{uin}") for uin in people)
    Membership.objects.bulk_create(Membership(contact_list=everybody, contact=c) for c in made)
    campaign = make_campaign("spring", lists=[everybody], accounts=accounts or [])
    return make_run(campaign, state=RunState.PREPARING, **columns)


def planned(run: CampaignRun) -> Counter[tuple[str, str, int | None]]:
    rows = Delivery.objects.filter(run=run).values_list("state", "reason", "account__uin")
    return Counter(rows)


def test_each_person_gets_the_message_from_an_account_they_are_a_friend_of() -> None:
    first = make_account(20_001, friends=range(100_000, 100_010))
    second = make_account(20_002, friends=range(100_010, 100_020))
    gone = make_account(20_003, friends=range(100_020, 100_030), state=AccountState.QUARANTINED)
    ended = make_account(20_004, friends=range(100_000, 100_040))
    ended.friends.update(ended_at="2026-01-01T00:00:00Z")
    Suppression.objects.create(uin=100_000)
    run = a_run()
    assert plan_run(run=run)
    assert planned(run) == {
        ("skipped", "suppressed", None): 1,
        ("pending", "", first.uin): 9,
        ("pending", "", second.uin): 10,
        ("skipped", "no_account", None): 10,  # friends of `gone` alone
        ("skipped", "not_a_friend", None): 10,
    }
    assert gone.deliveries.count() == ended.deliveries.count() == 0
    assert check_figures(run=run) == []


def test_only_the_accounts_of_the_campaign_are_chosen() -> None:
    make_account(20_001, friends=PEOPLE)
    chosen = make_account(20_002, friends=range(100_000, 100_030))
    run = a_run(accounts=[chosen])
    plan_run(run=run)
    assert planned(run) == {
        ("pending", "", chosen.uin): 30,
        ("skipped", "not_a_friend", None): 10,
    }


def test_strangers_get_a_message_only_if_the_run_allows_it() -> None:
    make_account(20_001)
    run = a_run(allows_strangers=True)
    plan_run(run=run)
    assert planned(run) == {("pending", "", 20_001): 40}


@pytest.mark.slow
def test_the_load_is_spread_by_pace() -> None:
    people = range(100_000, 104_000)
    make_account(20_001, friends=people, min_interval=1.0)
    make_account(20_002, friends=people, min_interval=3.0)
    make_account(20_003, friends=people, min_interval=0.5, per_minute=15)  # 4 s a message
    run = a_run(people)
    plan_run(run=run)
    got = Counter(Delivery.objects.filter(run=run).values_list("account__uin", flat=True))
    whole = 1 / 1 + 1 / 3 + 1 / 4
    for uin, speed in ((20_001, 1.0), (20_002, 1 / 3), (20_003, 1 / 4)):
        share = speed / whole
        # Five standard deviations of a binomial: never in practice, unless the spread is wrong.
        bound = 5 * (len(people) * share * (1 - share)) ** 0.5
        assert abs(got[uin] - len(people) * share) < bound, got


def test_planning_twice_gives_the_same_plan() -> None:
    for uin in (20_001, 20_002, 20_003):
        make_account(uin, friends=PEOPLE)
    run = a_run()
    plan_run(run=run)
    first = list(Delivery.objects.filter(run=run).values_list("uin", "account_id"))
    Delivery.objects.filter(run=run).delete()
    CampaignRun.objects.filter(pk=run.pk).update(planned_through=0, state=RunState.PREPARING)
    plan_run(run=run)
    assert list(Delivery.objects.filter(run=run).values_list("uin", "account_id")) == first


class Killed(BaseException):
    """Stands for a SIGKILL: no code catches it."""


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize(("where", "planned_by_then"), [("in_chunk", 9), ("in_planning", 12)])
def test_another_planner_continues_after_one_was_killed(
    monkeypatch: pytest.MonkeyPatch, where: str, planned_by_then: int
) -> None:
    make_account(20_001, friends=PEOPLE)
    run = a_run()
    passed: list[str] = []

    def failpoint(name: str) -> None:
        passed.append(name)
        if name == where and passed.count(where) == 4:
            raise Killed

    monkeypatch.setattr(plan, "failpoint", failpoint)
    with pytest.raises(Killed):
        plan_run(run=run)
    assert Delivery.objects.filter(run=run).count() == planned_by_then
    assert plan_run(run=run)
    assert planned(run) == {("pending", "", 20_001): 40}
    assert check_figures(run=run) == []


@pytest.mark.usefixtures("small_chunks")
def test_a_cancel_ends_planning(monkeypatch: pytest.MonkeyPatch) -> None:
    make_account(20_001, friends=PEOPLE)
    run = a_run()

    def failpoint(name: str) -> None:
        if name == "in_planning" and run.state != RunState.CANCELLED:
            cancel_run(run=run)

    monkeypatch.setattr(plan, "failpoint", failpoint)
    assert not plan_run(run=run)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert planned(run) == {("cancelled", "", 20_001): 3}
    assert check_figures(run=run) == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("are_processes", [False, True])
def test_two_planners_at_once_plan_every_person(
    monkeypatch: pytest.MonkeyPatch, are_processes: bool
) -> None:
    if are_processes:  # those do not know of each other
        monkeypatch.setattr(plan, "only_planner", lambda _run_id: nullcontext(True))
    people = range(100_000, 100_300)
    make_account(20_001, friends=people)
    run = a_run(people)
    barrier = threading.Barrier(4)
    deaths: list[BaseException] = []

    def plan_it() -> None:
        try:
            barrier.wait(10)
            plan_run(run=CampaignRun.objects.get(pk=run.pk))
        except Exception as death:
            deaths.append(death)
        finally:
            connection.close()

    planners = [threading.Thread(target=plan_it) for _ in range(4)]
    for planner in planners:
        planner.start()
    for planner in planners:
        planner.join(60)
    run.refresh_from_db()
    assert (run.state, deaths) == (RunState.RUNNING, [])
    assert planned(run) == {("pending", "", 20_001): 300}
    assert check_figures(run=run) == []
    assert run.events.filter(state=RunState.RUNNING).count() == 1
