"""Branches of sequences: whom a step is for, where people go, and what cannot work."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Account
from campaigns.approvals.sequence_definition import definition_of_sequence
from campaigns.creation.sequence_steps import Step, When, place_data, read_when, refuse_branches
from campaigns.models import Sequence
from campaigns.reports.sequence_figures import people_past, sequence_figures
from campaigns.sequence_states import END, OnlyIf
from campaigns.sequences.control import start_sequence
from contacts.models import Contact, ContactList, Segment
from contacts.segments.where import parse_where
from foundation.deletion import delete_row
from foundation.refusals import Refusal
from tests.campaigns import test_sequences
from tests.campaigns.test_sequences import (
    Clock,
    check,
    join,
    make_sequence,
    person,
    reply,
    send,
    texts_to,
    tick,
)

pytestmark = [pytest.mark.slow]
of_people = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]
HOUR = timedelta(hours=1)
clock, account, members = test_sequences.clock, test_sequences.account, test_sequences.members


def running(members: ContactList, *steps: Step) -> Sequence:
    """Return a sequence that goes on after a reply, started."""
    sequence = make_sequence(members, *steps, stops_on_reply=False)
    start_sequence(sequence=sequence)
    return sequence


def passed(sequence: Sequence) -> list[int]:
    """Return how many passed each step over; the figures and the rows are the same."""
    figures = sequence_figures(sequence=sequence).steps
    for one in figures:
        assert one.passed in (0, people_past(one.step).count())
    return [one.passed for one in figures]


class TestPeople:
    pytestmark = of_people

    def test_a_reply_decides_which_of_two_ways_a_person_goes(
        self, clock: Clock, members: ContactList
    ) -> None:
        sequence = running(
            members,
            Step(0, text="one"),
            Step(3600, OnlyIf.REPLIED, text="thanks", then_to=4),
            Step(0, text="reminder"),
            Step(3600, text="last"),
        )
        join(members, 100_005, 100_006)
        tick(clock)
        send()
        reply(Account.objects.get(), 100_005)
        for _ in range(3):
            tick(clock, later=HOUR)
            send()
        tick(clock)
        assert texts_to(100_005) == ["one: sent", "thanks: sent", "last: sent"]
        assert texts_to(100_006) == ["one: sent", "reminder: sent", "last: sent"]
        assert {person(uin).state for uin in (100_005, 100_006)} == {"finished"}
        assert passed(sequence) == [0, 1, 1, 0]
        check(sequence)

    def test_the_others_can_end_or_go_to_a_later_step(
        self, clock: Clock, members: ContactList
    ) -> None:
        vip = Segment.objects.create(name="VIP", conditions=parse_where("city = 昆明"))
        sequence = running(
            members,
            Step(0, OnlyIf.IN_SEGMENT, text="vip", segment=vip, then_to=END, else_to=3),
            Step(0, OnlyIf.FAILED, text="again", else_to=END),
            Step(3600, OnlyIf.NOT_IN_SEGMENT, text="plain", segment=vip, else_to=END),
            Step(0, text="bye"),
        )
        join(members, 100_005, 100_006)
        Contact.objects.filter(uin=100_005).update(attributes={"city": "昆明"})
        tick(clock)
        assert (texts_to(100_005), texts_to(100_006)) == (["vip: pending"], [])
        assert (person(100_006).step, person(100_006).next_at is None) == (2, False)
        send()
        # Who meets the segment by now, and is asked the opposite, is none of its people.
        tick(clock, later=HOUR)
        assert texts_to(100_006) == ["plain: pending"]
        assert person(100_005).state == "finished"
        send()
        tick(clock)
        assert texts_to(100_006) == ["plain: sent", "bye: pending"]
        assert passed(sequence) == [1, 1, 0, 0]
        check(sequence)
        with pytest.raises(Refusal) as refused:
            delete_row(row=vip)
        assert "welcome" in refused.value.sentence

    def test_the_segment_is_asked_when_the_step_is_due(
        self, clock: Clock, members: ContactList
    ) -> None:
        vip = Segment.objects.create(name="VIP", conditions=parse_where("city = 昆明"))
        steps = (
            Step(0, text="one"),
            Step(3600, OnlyIf.NOT_IN_SEGMENT, text="plain", segment=vip, else_to=END),
        )
        running(members, *steps)
        join(members, 100_005, 100_006)
        tick(clock)
        send()
        Contact.objects.filter(uin=100_005).update(attributes={"city": "昆明"})
        tick(clock, later=HOUR)
        assert (texts_to(100_005), person(100_005).state) == (["one: sent"], "finished")
        assert texts_to(100_006) == ["one: sent", "plain: pending"]

    def test_a_step_for_failures_catches_them_and_nobody_else(
        self, clock: Clock, members: ContactList
    ) -> None:
        sequence = running(
            members,
            Step(0, text="one"),
            Step(3600, text="two"),
            Step(7200, OnlyIf.FAILED, text="shorter"),
            Step(3600, text="three"),
        )
        join(members, 100_005)
        tick(clock)
        send(state="failed", reason="RES_5")
        join(members, 100_006)
        tick(clock)
        send()
        tick(clock, later=HOUR)
        assert texts_to(100_005) == ["one: failed"]
        assert texts_to(100_006) == ["one: sent", "two: pending"]
        send()
        tick(clock, later=2 * HOUR)
        assert texts_to(100_005) == ["one: failed", "shorter: pending"]
        send(state="failed", reason="RES_5")  # no step catches it again
        tick(clock, later=HOUR)
        assert (person(100_005).state, person(100_005).reason) == ("stopped", "failed")
        assert texts_to(100_006) == ["one: sent", "two: sent", "three: pending"]
        assert passed(sequence) == [0, 1, 1, 0]
        check(sequence)

    def test_only_what_is_used_is_part_of_what_is_approved(self, members: ContactList) -> None:
        plain = make_sequence(members, Step(0, text="one"))
        (rule,) = definition_of_sequence(plain).stored["rules"]["steps"]
        assert set(rule) == {"step", "wait", "only_if"}
        plain.steps.update(then_to=END)
        (rule,) = definition_of_sequence(plain).stored["rules"]["steps"]
        assert rule["then"] == "end"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1d", When(86_400)),
        ("1d?not-replied", When(86_400, OnlyIf.NOT_REPLIED)),
        ("0m,then:end", When(0, then_to=END)),
        (
            "4h?segment:VIP, of 昆明,then:4,else:end",
            When(14_400, "segment", "VIP, of 昆明", 4, END),
        ),
    ],
)
def test_what_stands_before_a_text_is_read(text: str, expected: When) -> None:
    assert read_when(text) == expected


def test_places_for_other_programs() -> None:
    assert [place_data(place) for place in (None, 4, END)] == [None, 4, "end"]


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([Step(0), Step(0, OnlyIf.REPLIED, then_to=4), Step(0), Step(0)], ""),
        ([Step(0, then_to=END), Step(0, OnlyIf.FAILED)], ""),
        ([Step(0, then_to=3), Step(0), Step(0)], "step_unreachable"),
        ([Step(0, OnlyIf.NOT_REPLIED, then_to=3), Step(0), Step(0)], ""),
        ([Step(0), Step(0, then_to=2)], "step_target"),
        ([Step(0), Step(0, then_to=1)], "step_target"),
        ([Step(0, OnlyIf.IN_SEGMENT)], "step_segment"),
    ],
)
def test_branches_that_cannot_work_are_refused(steps: list[Step], code: str) -> None:
    if not code:
        refuse_branches(steps, stops_on_reply=False)
        return
    with pytest.raises(Refusal) as refused:
        refuse_branches(steps, stops_on_reply=False)
    assert refused.value.code == code
