"""Stops what would begin by itself after a restore, and may have begun since the backup."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from campaigns.models import Campaign, Occurrence, Sequence
from campaigns.run_control.occurrences import MOST_DROPPED
from campaigns.scheduling.dates import dates_from
from campaigns.sequence_states import SequenceState
from campaigns.sequences.control import stop_sequence
from campaigns.states import OccurrenceState, ScheduleState
from clocks import shared
from conversations.models import RuleAnswer, RuleAnswerState
from foundation.sentences import Sentence as _
from holds.models import Hold
from sending.models import Confirmation, OptOut, Run
from sending.runs.transitions import change_run_state
from sending.states import RunState

_MAY_HAVE_RUN = _("Restored from a backup: it may have run since. Resume it if it has not.")
_DATE_PASSED = _("Restored from a backup: its run may have been sent since.")


def runs_that_may_have_begun(hold: Hold) -> list[Run]:
    """Return the runs without deliveries yet that may have been sent since the backup."""
    due = Q(state=RunState.PREPARING) | Q(state=RunState.SCHEDULED, starts_at__lte=hold.restored_at)
    return list(Run.objects.filter(due).order_by("-pk"))


def stop_run_that_may_have_begun(*, run: Run, by: Any = None) -> bool:
    """Stop such a run; an operator can resume it. Return whether it was stopped."""
    return change_run_state(run_id=run.pk, to=RunState.STOPPED, detail=_MAY_HAVE_RUN, by=by)


def drop_dates(*, until: datetime) -> int:
    """Drop the dates of repeated campaigns up to a moment; return how many."""
    campaigns = Campaign.objects.filter(schedule_state=ScheduleState.ON).order_by("pk")
    return sum(_drop_dates_of(key, until) for key in list(campaigns.values_list("pk", flat=True)))


def _drop_dates_of(key: int, until: datetime) -> int:
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=key)
        now, dropped = shared.wall(), OccurrenceState.DROPPED
        waiting = campaign.occurrences.filter(state=OccurrenceState.WAITING, at__lte=until)
        count: int = waiting.update(state=dropped, detail=_DATE_PASSED, changed_at=now)
        since = campaign.scheduled_through or until
        decided = set(campaign.occurrences.filter(at__gt=since).values_list("at", flat=True))
        passed, last, rows = 0, since, deque[datetime](maxlen=MOST_DROPPED)
        for at in dates_from(campaign, since):
            if at > until:
                break
            passed, last = passed + 1, at
            if at not in decided:
                rows.append(at)
        Occurrence.objects.bulk_create(
            Occurrence(campaign=campaign, at=at, state=dropped, detail=_DATE_PASSED, changed_at=now)
            for at in rows
        )
        if passed:
            Campaign.objects.filter(pk=key).update(
                scheduled_through=last, dates_passed=campaign.dates_passed + passed
            )
        return count + passed


def stop_sequences(*, by: Any = None) -> list[Sequence]:
    """Stop the running sequences: their people may be further than this database knows."""
    running = list(Sequence.objects.filter(state=SequenceState.RUNNING).order_by("pk"))
    for sequence in running:
        stop_sequence(sequence=sequence, by=by)
    return running


def withhold_automatic_answers() -> int:
    """Drop the answers and confirmations that waited; return how many."""
    answers: int = RuleAnswer.objects.filter(state=RuleAnswerState.WAITING).update(
        state=RuleAnswerState.WITHHELD, reason="late"
    )
    waiting = OptOut.objects.filter(confirmation=Confirmation.WAITING)
    return answers + waiting.update(confirmation=Confirmation.DROPPED)
