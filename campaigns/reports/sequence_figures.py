"""The figures of a sequence: its people by state and reason, and of each step its messages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from campaigns.creation.sequence_steps import catching_step
from campaigns.earlier_people import replies
from campaigns.models import Sequence, SequencePerson, SequenceStep
from campaigns.reports.delivery_figures import state_figures
from campaigns.sequence_states import OnlyIf, PersonEnd, PersonState
from retention.models import Removed, is_removed
from sending.models import Delivery
from sending.runs.figures import Figures, figures_of
from sending.states import DeliveryState


@dataclass(frozen=True, slots=True)
class StepFigures:
    """The figures of one step.

    Attributes:
        step: the step.
        messages: the figures of its run; None before the start.
        waiting: the people for whom this step is the next one, and whose time has not come.
        replied: the people who replied to its message.
        passed: the people who passed the step over, since it was not for them or their way led
            past it; as `people_past` gives them.
        ends: the people who went no further, by PersonEnd, and those who finished here as
            "finished".
    """

    step: SequenceStep
    messages: Figures | None
    waiting: int
    replied: int
    passed: int = 0
    ends: dict[str, int] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """Return the figures for JSON. The keys are a public interface.

        The states add up to "targeted", like those of any other breakdown of a run.
        """
        messages = self.messages
        states = Counter(
            {state.value: getattr(messages, state) for state in DeliveryState} if messages else {}
        )
        return {
            "waiting": self.waiting,
            **state_figures(states),
            "replied": self.replied,
            "passed": self.passed,
            "ends": self.ends,
        }


@dataclass(frozen=True, slots=True)
class SequenceFigures:
    """The figures of a sequence.

    Attributes:
        people: the number of people by state; those who were there before are not counted.
        reasons: the number of stopped people by reason.
        steps: the figures of each step.
        ends: the people who were stopped before the first message, by PersonEnd.
    """

    people: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    steps: list[StepFigures] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)

    @property
    def entered(self) -> int:
        """The number of people who entered."""
        return sum(self.people.values())


def sequence_figures(*, sequence: Sequence) -> SequenceFigures:
    """Return the figures of a sequence."""
    people = SequencePerson.objects.filter(sequence=sequence).exclude(state=PersonState.BEFORE)
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    ends: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for number, state, reason, n in (
        people.values_list("step", "state", "reason").annotate(n=Count("pk")).order_by("reason")
    ):
        states[state] += n
        if reason:
            reasons[reason] += n
        if state != PersonState.ACTIVE:
            ends[number][reason or state] = n
    waiting = dict(
        people.filter(next_at__isnull=False).values_list("step").annotate(n=Count("pk")).order_by()
    )
    rows = sequence.steps.select_related("run__campaign", "campaign", "template", "segment")
    steps = list(rows.order_by("number"))
    passable = steps_to_pass(steps)
    return SequenceFigures(
        people={
            state.value: states[state]
            for state in (PersonState.ACTIVE, PersonState.FINISHED, PersonState.STOPPED)
        },
        reasons={reason.value: reasons[reason] for reason in PersonEnd if reasons[reason]},
        steps=[
            _of_step(
                step,
                waiting=waiting.get(step.number - 1, 0),
                is_passable=step.number in passable,
                ends=ends[step.number],
            )
            for step in steps
        ],
        ends=ends[0],
    )


def _of_step(
    step: SequenceStep, *, waiting: int, is_passable: bool, ends: dict[str, int]
) -> StepFigures:
    if step.run is None:
        return StepFigures(step, None, waiting, 0, ends=ends)
    sent = Delivery.objects.filter(run=step.run_id, state=DeliveryState.SENT)
    replied = sent.filter(Exists(replies())).count()
    is_counted = is_passable and not is_removed(step.run.pk, Removed.DELIVERIES)
    passed = people_past(step).count() if is_counted else 0
    return StepFigures(step, figures_of(run=step.run, newest=[]), waiting, replied, passed, ends)


def steps_to_pass(steps: Many[SequenceStep]) -> set[int]:
    """Return the numbers of the steps that somebody may pass over: for them alone it is counted."""
    passable = {step.number for step in steps if step.only_if != OnlyIf.ANY}
    for step in steps:
        catching = catching_step(steps, after=step.number)
        for place in (step.then_to, step.else_to, catching):
            if place is not None:
                passable.update(range(step.number + 1, place))
    return passable


def people_past(step: SequenceStep) -> QuerySet[SequencePerson]:
    """Return the people who are at a step or later, and have no message of it.

    Found by the people of the sequence, and for each by the index on (contact, run).
    """
    theirs = Delivery.objects.filter(contact=OuterRef("contact"), run=step.run_id)
    reached = SequencePerson.objects.filter(sequence=step.sequence_id, step__gte=step.number)
    return reached.filter(~Exists(theirs))
