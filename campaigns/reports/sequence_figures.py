"""The figures of a sequence: its people by state and reason, and of each step its messages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists

from campaigns.earlier_people import replies
from campaigns.models import Sequence, SequencePerson, SequenceStep
from campaigns.reports.delivery_figures import state_figures
from campaigns.sequence_states import PersonEnd, PersonState
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
    """

    step: SequenceStep
    messages: Figures | None
    waiting: int
    replied: int

    def as_data(self) -> dict[str, Any]:
        """Return the figures for JSON. The keys are a public interface.

        The states add up to "targeted", like those of any other breakdown of a run.
        """
        messages = self.messages
        states = Counter(
            {state.value: getattr(messages, state) for state in DeliveryState} if messages else {}
        )
        return {"waiting": self.waiting, **state_figures(states), "replied": self.replied}


@dataclass(frozen=True, slots=True)
class SequenceFigures:
    """The figures of a sequence.

    Attributes:
        people: the number of people by state; those who were there before are not counted.
        reasons: the number of stopped people by reason.
        steps: the figures of each step.
    """

    people: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    steps: list[StepFigures] = field(default_factory=list)

    @property
    def entered(self) -> int:
        """The number of people who entered."""
        return sum(self.people.values())


def sequence_figures(*, sequence: Sequence) -> SequenceFigures:
    """Return the figures of a sequence."""
    people = SequencePerson.objects.filter(sequence=sequence).exclude(state=PersonState.BEFORE)
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for state, reason, n in (
        people.values_list("state", "reason").annotate(n=Count("pk")).order_by()
    ):
        states[state] += n
        if reason:
            reasons[reason] += n
    waiting = dict(
        people.filter(next_at__isnull=False).values_list("step").annotate(n=Count("pk")).order_by()
    )
    steps = sequence.steps.select_related("run__campaign", "campaign", "template").order_by(
        "number"
    )
    return SequenceFigures(
        people={
            state.value: states[state]
            for state in (PersonState.ACTIVE, PersonState.FINISHED, PersonState.STOPPED)
        },
        reasons={reason.value: reasons[reason] for reason in PersonEnd if reasons[reason]},
        steps=[_of_step(step, waiting=waiting.get(step.number - 1, 0)) for step in steps],
    )


def _of_step(step: SequenceStep, *, waiting: int) -> StepFigures:
    if step.run is None:
        return StepFigures(step, None, waiting, 0)
    sent = Delivery.objects.filter(run=step.run_id, state=DeliveryState.SENT)
    replied = sent.filter(Exists(replies())).count()
    return StepFigures(step, figures_of(run=step.run, newest=[]), waiting, replied)
