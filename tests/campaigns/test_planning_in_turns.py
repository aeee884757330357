"""Two threads plan a run in turns: the same plan, and nothing is planned on what has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from time import sleep
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.models import Account
from accounts.states import AccountState
from campaigns.models import CampaignRun
from campaigns.planning import chunk_forms, plan, turns
from campaigns.planning.plan import plan_run
from campaigns.planning.turns import Turn, Turns
from campaigns.run_control.lifecycle import cancel_run
from clocks import local
from contacts.models import Contact, Suppression
from contacts.people.erase import erase_person
from sending.models import Delivery
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run
from webhooks.endpoints import add_endpoint
from webhooks.models import Message
from webhooks.outbox.subscribers import forget_subscribers
from webhooks.states import EventKind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
PEOPLE = range(100_000, 100_040)
FORM = "_Inserted" if connection.vendor == "postgresql" else "_ChosenBefore"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "CHUNK", {"postgresql": 3, "sqlite": 3})


@pytest.fixture
def run() -> CampaignRun:
    """A run to 40 people; two have opted out, and ten have no friend."""
    make_account(20_001, friends=PEOPLE[:20])
    make_account(20_002, friends=PEOPLE[10:30])
    Suppression.objects.bulk_create(Suppression(uin=uin) for uin in PEOPLE[5:7])
    campaign = make_campaign("spring", lists=[make_list("all", PEOPLE)])
    return make_run(campaign, state=RunState.PREPARING)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The names of the threads that wrote a chunk."""
    names: set[str] = set()
    write = getattr(chunk_forms, FORM).write

    def noted(*args: Any) -> None:
        names.add(threading.current_thread().name)
        write(*args)

    monkeypatch.setattr(getattr(chunk_forms, FORM), "write", noted)
    yield names
    assert "planner" not in {thread.name for thread in threading.enumerate()}


def rows(run: CampaignRun) -> list[tuple[Any, ...]]:
    found = Delivery.objects.filter(run=run).order_by("pk")
    return list(found.values_list("uin", "contact_id", "account_id", "state", "reason", "rank"))


def elsewhere(do: Callable[[], object]) -> None:
    """Do something over another connection."""

    def call() -> None:
        try:
            do()
        finally:
            connection.close()

    thread = threading.Thread(target=call)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def before_writing(monkeypatch: pytest.MonkeyPatch, *, number: int, do: Callable[[], None]) -> None:
    """Do something over another connection when a chunk is chosen and not yet written.

    Args:
        monkeypatch: pytest's.
        number: the chunk's, from 1.
        do: what is done, once.
    """
    settle, done = getattr(chunk_forms, FORM).settle, list[int]()
    begins: dict[int, int | None] = {1: None, 2: 0}
    # That of a chunk may come after that of the next one, so they are not counted.
    before = begins.get(number, 0)
    if number > 2:
        before = Contact.objects.get(uin=PEOPLE[3 * (number - 2) - 1]).pk

    def first(form: Any, *, run_id: int, previous: int | None) -> None:
        if previous == before and not done:
            done.append(1)
            elsewhere(do)
        settle(form, run_id=run_id, previous=previous)

    monkeypatch.setattr(getattr(chunk_forms, FORM), "settle", first)


def test_two_threads_plan_what_one_plans(
    run: CampaignRun, threads: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert plan_run(run=run)
    assert threads == {"MainThread", "planner"}
    together = rows(run)
    assert [row[0] for row in together] == list(PEOPLE), "by key in the order of the contacts"
    assert check_figures(run=run) == []
    threads.clear()
    Delivery.objects.filter(run=run).delete()
    run.tallies.all().delete()
    CampaignRun.objects.filter(pk=run.pk).update(planned_through=0, state=RunState.PREPARING)
    monkeypatch.setattr(plan, "CHUNK", {"postgresql": 99, "sqlite": 99})
    assert plan_run(run=run)
    assert threads == {"MainThread"}, "one chunk needs no help"
    assert rows(run) == together
    assert check_figures(run=run) == []


def test_without_a_free_connection_one_thread_plans(
    run: CampaignRun, threads: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = BaseDatabaseWrapper.ensure_connection

    def refuse(wrapper: BaseDatabaseWrapper) -> None:
        if threading.current_thread().name == "planner":
            raise OperationalError
        connect(wrapper)

    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", refuse)
    assert plan_run(run=run)
    assert threads == {"MainThread"}
    assert len(rows(run)) == len(PEOPLE)


def test_nobody_waits_for_a_connection_that_is_no_longer_needed(
    run: CampaignRun, threads: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pool whose connections are all in use lets a thread wait for ten seconds."""
    connect = BaseDatabaseWrapper.ensure_connection
    is_planned, wrote = threading.Event(), []

    def late(wrapper: BaseDatabaseWrapper) -> None:
        if threading.current_thread().name == "planner":
            wrote.append(is_planned.wait(10))
        connect(wrapper)

    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", late)
    assert plan_run(run=run)
    is_planned.set()
    for thread in threading.enumerate():
        if thread.name == "planner":
            thread.join()
    assert wrote
    assert all(wrote)
    assert threads == {"MainThread"}


def test_one_thread_helps_however_soon_it_plans(
    run: CampaignRun, threads: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third one would not be waited for, and the chunk that it has in hand would be lost."""
    start, started = local.start_thread, list[threading.Thread]()

    def slowly(*given: Any, **named: Any) -> threading.Thread:
        started.append(start(*given, **named))
        sleep(0.3)
        return started[-1]

    monkeypatch.setattr(local, "start_thread", slowly)
    assert plan_run(run=run)
    assert len(started) == 1
    assert len(rows(run)) == len(PEOPLE)


class Killed(BaseException):
    """Stands for a SIGKILL: no code catches it."""


@pytest.mark.parametrize("where", ["in_chunk", "in_planning"])
@pytest.mark.parametrize("number", [1, 4, 5])
def test_nothing_is_written_after_a_chunk_that_failed(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch, where: str, number: int
) -> None:
    passed: list[str] = []

    def failpoint(name: str) -> None:
        passed.append(name)
        if passed.count(where) == number and name == where:
            raise Killed

    monkeypatch.setattr(plan, "failpoint", failpoint)
    with pytest.raises(Killed):
        plan_run(run=run)
    written = rows(run)
    run.refresh_from_db()
    assert [row[0] for row in written] == list(PEOPLE[: len(written)])
    assert run.planned_through == written[-1][1] if written else run.planned_through == 0
    if where == "in_chunk":
        assert len(written) == 3 * (number - 1)
    monkeypatch.setattr(plan, "failpoint", lambda _name: None)
    assert plan_run(run=run)
    assert [row[0] for row in rows(run)] == list(PEOPLE)
    assert check_figures(run=run) == []


@pytest.mark.parametrize("number", [1, 2, 5])
def test_who_was_erased_since_the_choice_is_not_planned(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    gone = Contact.objects.get(uin=PEOPLE[3 * number - 2])
    before_writing(monkeypatch, number=number, do=lambda: erase_person(contact=gone))
    assert plan_run(run=run)
    assert [row[0] for row in rows(run)] == [uin for uin in PEOPLE if uin != gone.uin]
    assert check_figures(run=run) == []
    connection.check_constraints()


def test_an_account_that_was_deleted_since_the_choice_gets_nothing(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "FRESH_SECONDS", 0.0)
    other = Account.objects.get(uin=20_002)
    Account.objects.exclude(pk=other.pk).update(state=AccountState.DISABLED)
    Contact.objects.filter(uin__in=PEOPLE[:10]).delete()

    def delete() -> None:
        other.friends.all().delete()
        other.lease.delete()
        Account.objects.filter(pk=other.pk).delete()

    before_writing(monkeypatch, number=1, do=delete)
    assert plan_run(run=run)
    assert {row[2] for row in rows(run)} == {None}
    assert len(rows(run)) == 30
    assert check_figures(run=run) == []
    connection.check_constraints()


def test_a_chunk_is_not_written_after_a_cancel(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_writing(monkeypatch, number=1, do=lambda: cancel_run(run=run))
    assert not plan_run(run=run)
    assert rows(run) == []
    assert check_figures(run=run) == []


def test_a_cancel_waits_for_the_chunk_that_is_being_written(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancels: list[threading.Thread] = []

    def cancel() -> None:
        try:
            cancel_run(run=CampaignRun.objects.get(pk=run.pk))
        finally:
            connection.close()

    def failpoint(name: str) -> None:
        if name == "in_chunk" and not cancels:
            cancels.append(threading.Thread(target=cancel))
            cancels[0].start()
            cancels[0].join(0.3)
        if name == "in_planning":
            cancels[0].join(30)  # SQLite lets it wait behind several chunks

    monkeypatch.setattr(plan, "failpoint", failpoint)
    assert not plan_run(run=run)
    cancels[0].join(30)
    assert Delivery.objects.filter(run=run).exists()
    assert {row[3] for row in rows(run)} <= {"cancelled", "skipped"}
    assert check_figures(run=run) == []


def test_each_skipped_person_is_told_once(run: CampaignRun, threads: set[str]) -> None:
    forget_subscribers()
    add_endpoint(name="crm", url="https://example.com/hook", events=[])
    assert plan_run(run=run)
    assert len(threads) == 2
    told = list(Message.objects.filter(kind=EventKind.DELIVERY_ENDED).values_list("uin", flat=True))
    forget_subscribers()
    assert sorted(told) == [uin for uin, *_others, state, _reason, _rank in rows(run)
                            if state == "skipped"]  # fmt: skip


def test_a_chunk_that_another_process_wrote_is_not_written_again(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL the other one comes before the choice: it would wait for this one's chunk."""
    monkeypatch.setattr(plan, "only_planner", lambda _run_id: nullcontext(True))
    form = getattr(chunk_forms, FORM)
    choose, passed = form.choose, list[int]()

    def other_first(self: Any, insert: Any, *, behind: int) -> Any:
        passed.append(behind)
        is_first = len(passed) == 1
        chosen = None
        if is_first and connection.vendor == "sqlite":
            chosen = choose(self, insert, behind=behind)
        if is_first:
            elsewhere(lambda: plan_run(run=CampaignRun.objects.get(pk=run.pk)))
        return chosen or choose(self, insert, behind=behind)

    monkeypatch.setattr(form, "choose", other_first)
    assert plan_run(run=run)
    assert [row[0] for row in rows(run)] == list(PEOPLE)
    assert check_figures(run=run) == []


def test_chunks_are_chosen_and_written_in_their_order() -> None:
    """Whatever the threads do in between; each fourth choice waits for what is unwritten."""
    log: list[tuple[str, int]] = []

    def work(turn: Turn) -> None:
        log.append(("chosen", turn.behind))
        assert turn.previous == (turn.behind - 1 if turn.behind else None)
        turn.chosen(turn.behind + 1 if turn.behind < 19 else None)
        turn.wait()
        sleep(0.002)  # the other thread comes to its next choice meanwhile
        log.append(("written", turn.behind))
        turn.written()

    Turns(work, behind=0, pause_every=4).run()
    assert [number for what, number in log if what == "chosen"] == list(range(20))
    assert [number for what, number in log if what == "written"] == list(range(20))
    for place, (what, number) in enumerate(log):
        if what == "chosen" and number and number % 4 == 0:
            assert log[place - 1] == ("written", number - 1)


def test_a_failure_abandons_what_comes_after_it() -> None:
    written: list[int] = []
    next_is_chosen = threading.Event()

    def work(turn: Turn) -> None:
        turn.chosen(turn.behind + 1)
        if turn.behind == 6:
            next_is_chosen.set()
        turn.wait()
        if turn.behind == 5:
            assert next_is_chosen.wait(10)
            raise Killed
        written.append(turn.behind)
        turn.written()

    with pytest.raises(Killed):
        Turns(work, behind=0).run()
    assert written == [0, 1, 2, 3, 4]


def test_a_run_is_planned_by_one_thread_of_a_process(run: CampaignRun) -> None:
    with turns.only_planner(run.pk) as is_only, turns.only_planner(run.pk + 1) as is_other:
        assert is_only
        assert is_other
        elsewhere(lambda: plan_run(run=CampaignRun.objects.get(pk=run.pk)))
        assert not plan_run(run=run)
        assert rows(run) == []
    assert plan_run(run=run)
    assert len(rows(run)) == len(PEOPLE)
