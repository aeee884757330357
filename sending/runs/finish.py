"""Finish runs without open deliveries."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import Sum

from foundation.sentences import Sentence as _
from sending.models import Run, Tally, TallyKind
from sending.querysets.open_work import has_open_deliveries
from sending.runs.each_run import for_each_run
from sending.runs.transitions import change_run_state
from sending.states import OPEN_DELIVERY_STATES, RunState


def finish_runs_that_are_done(*, run_ids: Collection[int]) -> int:
    """Finish the runs in which nothing is pending or in flight, and that do not stay open.

    The figures select the candidates; the delivery rows decide.

    Returns:
        the number of runs that were finished.
    """
    if not run_ids:
        return 0
    open_figures = dict(
        Tally.objects.filter(run_id__in=run_ids, kind=TallyKind.STATE, key__in=OPEN_DELIVERY_STATES)
        .values_list("run_id")
        .annotate(n=Sum("n"))
        .order_by()
    )
    likely = [run_id for run_id in run_ids if open_figures.get(run_id, 0) <= 0]
    if not likely:
        return 0
    runs = Run.objects.filter(pk__in=likely, state=RunState.RUNNING, stays_open=False)
    return sum(for_each_run(runs, do=_finish_if_done, step=_("Finishing it")))


def _finish_if_done(run: Run) -> bool:
    with transaction.atomic():
        # Locked, so that the run does not finish while late-comers are being planned.
        Run.objects.select_for_update().get(pk=run.pk)
        if has_open_deliveries(run_id=run.pk):
            return False
        return change_run_state(run_id=run.pk, to=RunState.FINISHED)
