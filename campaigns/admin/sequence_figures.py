"""The figures on a sequence's page, each with the URL of the rows behind it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.admin.page_urls import campaign_url, deliveries_url
from campaigns.creation.sequence_steps import ways_in_words
from campaigns.models import Sequence
from campaigns.reports.sequence_figures import StepFigures, sequence_figures
from campaigns.sequence_states import PersonEnd, PersonState
from foundation.spans import span_words
from sending.states import DeliveryState

#: The results of a step that the page shows, in this order.
_SHOWN = (
    DeliveryState.PENDING,
    DeliveryState.SENT,
    DeliveryState.UNKNOWN,
    DeliveryState.FAILED,
    DeliveryState.SKIPPED,
    DeliveryState.CANCELLED,
)


def figures_context(sequence: Sequence) -> dict[str, Any]:
    """Return what the page of a sequence shows of its people and steps."""
    figures = sequence_figures(sequence=sequence)
    return {
        "entered": figures.entered,
        "entered_url": _people_url(sequence, state__in=",".join(figures.people)),
        "people": [
            (PersonState(state).label, n, _people_url(sequence, state__exact=state))
            for state, n in figures.people.items()
        ],
        "reasons": [
            (PersonEnd(reason).label, n, _people_url(sequence, reason__exact=reason))
            for reason, n in figures.reasons.items()
        ],
        "steps": [_step(sequence, one, entered=figures.entered) for one in figures.steps],
        "ends": _ends(sequence, 0, figures.ends),
        "finished": figures.people.get(PersonState.FINISHED, 0),
        "finished_url": _people_url(sequence, state__exact=PersonState.FINISHED.value),
    }


def _ends(sequence: Sequence, number: int, ends: dict[str, int]) -> list[tuple[Any, int, str]]:
    """Return why people went no further than a step: in words, how many, and their URL."""
    labels = dict(PersonEnd.choices)
    finished = PersonState.FINISHED.value
    return [
        (
            _("finished here") if end == finished else labels[end],
            n,
            _people_url(
                sequence,
                step__exact=number,
                **({"state__exact": end} if end == finished else {"reason__exact": end}),
            ),
        )
        for end, n in ends.items()
    ]


def _step(sequence: Sequence, one: StepFigures, *, entered: int) -> dict[str, Any]:
    step, messages = one.step, one.messages
    found: dict[str, Any] = {
        "step": step,
        "wait": span_words(step.wait_seconds),
        "text": step.message,
        "waiting": one.waiting,
        "waiting_url": _people_url(
            sequence, step__exact=step.number - 1, next_at__isempty=0, state__exact="active"
        ),
        "segment": step.segment,
        "ways": ways_in_words(step.then_to, step.else_to),
        "passed": one.passed,
        "passed_url": _people_url(sequence, past=step.number),
        "ends": _ends(sequence, step.number, one.ends),
        "sent": messages.sent if messages else 0,
        "sent_url": deliveries_url(run__id__exact=step.run_id, state__exact="sent"),
        "replied": one.replied,
        "targeted": messages.targeted if messages else 0,
        "percent": 100 * messages.targeted / entered if messages and entered else 0,
        "results": [],
    }
    if messages is None or step.campaign is None:
        return found
    found["url"] = campaign_url(step.campaign)
    found["targeted_url"] = deliveries_url(run__id__exact=step.run_id)
    found["replied_url"] = deliveries_url(
        run__id__exact=step.run_id, state__exact="sent", afterwards="replied"
    )
    found["results"] = [
        (
            state.label,
            getattr(messages, state) + (messages.sending if state == "pending" else 0),
            deliveries_url(run__id__exact=step.run_id, state__exact=str(state)),
        )
        for state in _SHOWN
    ]
    return found


def _people_url(sequence: Sequence, **filters: Any) -> str:
    page = reverse("admin:campaigns_sequenceperson_changelist")
    return f"{page}?{urlencode({'sequence__id__exact': sequence.pk, **filters})}"
