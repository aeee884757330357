"""Sequences: who enters, who moves on and when, who is stopped, and that nothing is done twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account, AccountTask, Friend
from accounts.pools import create_pool
from campaigns.creation.create_sequence import create_sequence
from campaigns.creation.sequence_steps import Step
from campaigns.models import Sequence, SequencePerson
from campaigns.planning.late_comers import add_late_comers
from campaigns.reports.sequence_figures import sequence_figures
from campaigns.reports.waiting_reasons import run_waiting_reasons
from campaigns.run_control.lifecycle import cancel_run, start_campaign
from campaigns.sequence_states import OnlyIf
from campaigns.sequences import tick as tick_module
from campaigns.sequences.audience import sender_accounts
from campaigns.sequences.control import end_sequence, start_sequence, stop_sequence
from campaigns.sequences.tick import advance_sequences
from clocks import shared
from contacts.models import Contact, ContactList, Suppression
from foundation.archiving import archive_row, restore_row
from foundation.deletion import delete_row
from foundation.refusals import Refusal
from sending.models import Attempt, Delivery
from sending.opt_outs.word_list import add_words
from sending.runs.deliveries import move_deliveries
from sending.runs.figures import check_figures
from sending.runs.finish import finish_runs_that_are_done
from tests.campaigns.factories import make_account, make_inbound, make_list

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
    pytest.mark.slow,
]
PEOPLE = range(100_000, 100_020)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Clock:
    """The wall time that everybody sees; a test moves it on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def wall(self) -> datetime:
        return timezone.now() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(shared, "wall", clock.wall)
    monkeypatch.setattr(shared, "now", clock.wall)
    return clock


@pytest.fixture
def account(clock: Clock) -> Account:
    return make_account(20_001, friends=PEOPLE)


@pytest.fixture
def members(account: Account) -> ContactList:
    return make_list("members", PEOPLE[:2])


def make_sequence(members: ContactList | None, *steps: Step, **options: Any) -> Sequence:
    steps = steps or (
        Step(0, text="welcome"),
        Step(86_400, text="a day later"),
        Step(86_400, OnlyIf.NOT_REPLIED, text="still there?"),
    )
    lists = [members] if members is not None else []
    return create_sequence(name="welcome", steps=steps, lists=lists, **options)


def tick(clock: Clock, *, later: timedelta = timedelta()) -> None:
    """Move the time on and let the tick run, twice: it is idempotent."""
    clock.ahead += later
    for _ in range(2):
        clock.ahead += timedelta(seconds=60)
        advance_sequences()


def join(members: ContactList, *uins: int) -> None:
    make_list(members.name, uins)


def texts_to(uin: int) -> list[str]:
    rows = Delivery.objects.filter(uin=uin).order_by("pk")
    return [f"{row.run.text}: {row.state}" for row in rows.select_related("run")]


def send(*, state: str = "sent", reason: str = "") -> None:
    """Give every pending message a result, as the engine would."""
    now = shared.wall()
    for row in Delivery.objects.filter(state="pending"):
        seq = row.pk
        Attempt.objects.create(delivery=row, account=row.account, seq=seq, marked_at=now)
        moved = move_deliveries(deliveries=Delivery.objects.filter(pk=row.pk), to="sending")
        assert moved == 1
        Delivery.objects.filter(pk=row.pk).update(sent_at=now, seq=seq)
        move_deliveries(deliveries=Delivery.objects.filter(pk=row.pk), to=state, reason=reason)


def reply(account: Account, uin: int, text: str = "yes") -> None:
    make_inbound(account, uin, text=text, at=shared.wall() + timedelta(seconds=1))


def person(uin: int) -> SequencePerson:
    return SequencePerson.objects.get(contact__uin=uin)


def check(sequence: Sequence) -> None:
    """Assert that every figure of the sequence's runs is right, and nobody got a step twice."""
    for step in sequence.steps.all():
        assert step.run is not None
        assert check_figures(run=step.run) == []


def test_only_newcomers_are_welcomed_step_by_step(clock: Clock, members: ContactList) -> None:
    sequence = make_sequence(members)
    start_sequence(sequence=sequence)
    tick(clock)
    assert Delivery.objects.count() == 0
    join(members, 100_005)
    tick(clock)
    assert texts_to(100_005) == ["welcome: pending"]
    send()
    tick(clock, later=DAY / 2)
    assert texts_to(100_005) == ["welcome: sent"]
    tick(clock, later=DAY / 2)
    assert texts_to(100_005) == ["welcome: sent", "a day later: pending"]
    tick(clock, later=5 * DAY)  # the wait counts from the message that was sent
    send()
    tick(clock, later=DAY)
    send()
    tick(clock)
    assert texts_to(100_005)[2:] == ["still there?: sent"]
    assert person(100_005).state == "finished"
    assert texts_to(100_000) == []
    check(sequence)


def test_with_existing_people_everybody_enters_once(clock: Clock, members: ContactList) -> None:
    sequence = make_sequence(members, Step(0, text="hi"), includes_existing=True)
    start_sequence(sequence=sequence)
    tick(clock)
    send()
    tick(clock)
    assert SequencePerson.objects.filter(state="finished").count() == 2
    members.memberships.all().delete()
    join(members, 100_000, 100_006)
    tick(clock)
    assert (texts_to(100_000), texts_to(100_006)) == (["hi: sent"], ["hi: pending"])
    # A run of a sequence stays open when everything is sent.
    send()
    run = sequence.steps.get().run
    assert run is not None
    assert finish_runs_that_are_done(run_ids=[run.pk]) == 0
    check(sequence)


def test_a_reply_ends_it_also_for_what_is_pending(clock: Clock, members: ContactList) -> None:
    account = Account.objects.get()
    sequence = make_sequence(members)
    start_sequence(sequence=sequence)
    reply(account, 100_005)  # before the first message: not an answer
    clock.ahead += timedelta(seconds=5)
    join(members, 100_005, 100_006)
    tick(clock)
    send()
    tick(clock, later=DAY)
    assert texts_to(100_005) == ["welcome: sent", "a day later: pending"]
    reply(account, 100_005)
    tick(clock)
    assert texts_to(100_005) == ["welcome: sent", "a day later: skipped"]
    assert Delivery.objects.get(state="skipped").reason == "reply"
    assert (person(100_005).state, person(100_005).reason) == ("stopped", "reply")
    assert person(100_006).state == "active"
    figures = sequence_figures(sequence=sequence)
    assert figures.reasons == {"reply": 1}
    assert [step.replied for step in figures.steps] == [1, 0, 0]
    check(sequence)


@pytest.mark.parametrize("step", [-3 * HOUR, 3 * HOUR])
def test_a_reply_is_found_after_the_databases_clock_was_set(
    step: timedelta, clock: Clock, members: ContactList, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shared time goes on evenly; the wall clock was set by `step`."""
    monkeypatch.setattr(shared, "now", lambda: clock.wall() - step)
    account = Account.objects.get()
    sequence = make_sequence(members)
    start_sequence(sequence=sequence)
    reply(account, 100_006)  # before the first message
    clock.ahead += HOUR
    join(members, 100_005, 100_006)
    tick(clock)
    send()
    Attempt.objects.update(marked_at=shared.now())
    reply(account, 100_005)
    tick(clock)
    assert (person(100_005).state, person(100_005).reason) == ("stopped", "reply")
    assert person(100_006).state == "active"


def test_who_replied_misses_only_the_steps_for_the_others(
    clock: Clock, members: ContactList
) -> None:
    steps = (
        Step(0, text="one"),
        Step(3600, OnlyIf.NOT_REPLIED, text="two"),
        Step(3600, text="three"),
    )
    sequence = make_sequence(members, *steps, stops_on_reply=False)
    start_sequence(sequence=sequence)
    join(members, 100_005, 100_006)
    tick(clock)
    send()
    reply(Account.objects.get(), 100_005)
    for _ in range(2):
        tick(clock, later=timedelta(hours=1))
        send()
    tick(clock)
    assert texts_to(100_005) == ["one: sent", "three: sent"]
    assert texts_to(100_006) == ["one: sent", "two: sent", "three: sent"]
    assert SequencePerson.objects.filter(state="finished").count() == 2
    check(sequence)


def test_an_opt_out_and_a_failure_stop_the_person(clock: Clock, members: ContactList) -> None:
    sequence = make_sequence(members)
    start_sequence(sequence=sequence)
    join(members, 100_005)
    tick(clock)
    send()
    Suppression.objects.create(uin=100_005, contact_list=members)
    tick(clock, later=DAY)
    assert texts_to(100_005) == ["welcome: sent"]
    assert person(100_005).reason == "opted_out"
    join(members, 100_006)
    tick(clock)
    send(state="failed", reason="RES_5")
    tick(clock, later=DAY)
    assert (texts_to(100_006), person(100_006).reason) == (["welcome: failed"], "failed")
    check(sequence)


@pytest.mark.parametrize("stops_on_reply", [True, False])
def test_an_opt_out_by_reply_stops_the_person_as_such(
    clock: Clock, members: ContactList, stops_on_reply: bool
) -> None:
    add_words(words=["TD"])
    sequence = make_sequence(members, stops_on_reply=stops_on_reply)
    start_sequence(sequence=sequence)
    join(members, 100_005)
    tick(clock)
    send()
    reply(Account.objects.get(), 100_005, "td")
    tick(clock, later=DAY)
    assert (texts_to(100_005), person(100_005).reason) == (["welcome: sent"], "opted_out")
    check(sequence)


def test_a_new_friend_is_welcomed_though_no_contact_yet(clock: Clock, account: Account) -> None:
    sequence = make_sequence(None, Step(0, text="hi"), friends_of=[account])
    start_sequence(sequence=sequence)
    tick(clock)
    assert SequencePerson.objects.count() == 0  # those of before the start are old friends
    Friend.objects.create(account=account, uin=200_000, nickname="新", known_since=shared.wall())
    tick(clock)
    assert texts_to(200_000) == ["hi: pending"]
    assert Contact.objects.get(uin=200_000).name == "新"
    assert Delivery.objects.get().account == account


def test_a_stopped_sequence_stands_still_and_continues(clock: Clock, members: ContactList) -> None:
    sequence = make_sequence(members)
    start_sequence(sequence=sequence)
    join(members, 100_005)
    tick(clock)
    stop_sequence(sequence=sequence)
    run = sequence.steps.get(number=1).run
    assert run is not None
    assert run.state == "paused"
    join(members, 100_006)
    tick(clock, later=DAY)
    assert texts_to(100_006) == []
    start_sequence(sequence=sequence)
    tick(clock)
    assert (texts_to(100_005), texts_to(100_006)) == (["welcome: pending"], ["welcome: pending"])
    with pytest.raises(Refusal) as refused:
        start_sequence(sequence=sequence)
    assert refused.value.code == "wrong_state"
    end_sequence(sequence=sequence)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}
    assert set(SequencePerson.objects.exclude(state="before").values_list("reason", flat=True)) == {
        "cancelled"
    }
    join(members, 100_007)
    tick(clock)
    assert texts_to(100_007) == []
    check(sequence)


def test_a_step_cannot_be_sent_to_the_whole_audience(clock: Clock, members: ContactList) -> None:
    sequence = make_sequence(members, Step(0, text="hi"))
    start_sequence(sequence=sequence)
    step = sequence.steps.get()
    assert step.campaign is not None
    assert step.run is not None
    with pytest.raises(Refusal) as refused:
        add_late_comers(run=step.run)
    assert refused.value.code == "of_sequence"
    cancel_run(run=step.run)
    with pytest.raises(Refusal) as refused:
        start_campaign(campaign=step.campaign)
    assert refused.value.code == "of_sequence"
    join(members, 100_005)
    tick(clock)
    assert (person(100_005).state, person(100_005).reason) == ("stopped", "cancelled")


@pytest.mark.parametrize("part", ["_enter", "_move_due", "_look_at_results"])
def test_a_part_that_is_cut_leaves_nothing_of_it(
    clock: Clock, members: ContactList, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """The transaction of a part is cut after its writes, as by a process that dies there."""
    sequence = make_sequence(members)
    start_sequence(sequence=sequence)
    whole, cuts = getattr(tick_module, part), [0]

    def cut(*arguments: Any) -> int:
        done = whole(*arguments)
        cuts[0] += 1
        if done and cuts[0] % 3 != 0:
            raise SystemExit
        return int(done)

    monkeypatch.setattr(tick_module, part, cut)
    join(members, 100_005, 100_006)
    for _ in range(12):
        for _ in range(6):
            clock.ahead += timedelta(seconds=60)
            try:
                advance_sequences()
            except SystemExit:
                continue
        send()
        clock.ahead += DAY / 2
    expected = ["welcome: sent", "a day later: sent", "still there?: sent"]
    assert texts_to(100_005) == texts_to(100_006) == expected
    check(sequence)


def test_a_pool_sends_for_it(clock: Clock, account: Account, members: ContactList) -> None:
    other = make_account(20_002, friends=PEOPLE)
    pool = create_pool(name="new", accounts=[other])
    sequence = make_sequence(members, Step(0, text="hi"), pools=[pool], includes_existing=True)
    start_sequence(sequence=sequence)
    tick(clock)
    assert set(Delivery.objects.values_list("account", flat=True)) == {other.pk}
    assert sender_accounts(sequence) == [other]
    with pytest.raises(Refusal) as refusal:
        delete_row(row=pool)
    assert "welcome" in refusal.value.sentence


def test_it_is_archived_before_its_start_and_after_its_end(
    clock: Clock, members: ContactList
) -> None:
    sequence = make_sequence(members)
    archive_row(row=sequence)
    with pytest.raises(Refusal) as refusal:
        start_sequence(sequence=sequence)
    assert refusal.value.code == "archived"
    restore_row(row=sequence)
    start_sequence(sequence=sequence)
    for act in (None, stop_sequence):
        if act is not None:
            act(sequence=sequence)
        with pytest.raises(Refusal) as refusal:
            archive_row(row=sequence)
        assert refusal.value.code == "in_use"
    end_sequence(sequence=sequence)
    archive_row(row=sequence)
    assert Sequence.objects.get().archived_at is not None


def test_people_wait_until_the_friend_lists_are_known(
    members: ContactList, account: Account, clock: Clock
) -> None:
    """Planned before, they would be skipped for good: nobody would be their friend."""
    Account.objects.update(friends_synced_at=None)
    sequence = make_sequence(members, includes_existing=True)
    start_sequence(sequence=sequence)
    tick(clock)
    assert texts_to(PEOPLE[0]) == []
    (task,) = AccountTask.objects.all()
    assert (task.account, task.kind) == (account, "sync")
    step = sequence.steps.get(number=1)
    assert step.run is not None
    reasons = [one.sentence for one in run_waiting_reasons(run=step.run)]
    assert reasons[0] == "The friend list of 1 account is being synced."
    Account.objects.update(friends_synced_at=shared.wall())
    tick(clock)
    assert texts_to(PEOPLE[0]) == ["welcome: pending"]
