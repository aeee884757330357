"""Removes texts, attempts and deliveries of runs that ended long ago, some rows at a time.

Which rows were removed is stored before the first is: so no check takes a figure for wrong, and
every page can say what is missing. How far a run's removal came is stored with each step, so that
the next one continues there, whoever does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from campaigns.models import CampaignRun
from campaigns.reports.figures_by import kept_figures
from clocks import local, shared
from conversations.models import Answer
from foundation.failpoints import failpoint
from operations.pruning import removal_sql
from operations.pruning.needed import campaigns_in_use
from retention.models import Removal, Removed
from sending.models import Attempt, Delivery, Run, Tally, TallyKind
from sending.states import ENDED_RUN_STATES, OPEN_DELIVERY_STATES

#: Deliveries whose rows one statement removes.
STEP = 2_000
#: How long one transaction removes, seconds. On PostgreSQL it holds back a retry of its run and
#: nobody else; SQLite has one writer, and the ledger waits for it.
STEP_SECONDS = {"postgresql": 0.5, "sqlite": 0.1}
_HAS_TEXT = Q(text__isnull=False) & ~Q(text="")


def count_texts(before: datetime) -> int:
    """Return how many deliveries still have a text of their own."""
    return Delivery.objects.filter(_HAS_TEXT, run__in=_ended(before)).count() + len(
        _old_answers(before)
    )


def remove_texts(before: datetime) -> int:
    """Remove some texts. An empty text also keeps a retry from sending."""
    answers = _old_answers(before)[:STEP]
    if answers:
        return Delivery.objects.filter(pk__in=answers).update(text="")
    return _step(before, Removed.TEXTS, removal_sql.empty_texts)


def count_attempts(before: datetime) -> int:
    """Return how many attempts there are."""
    return Attempt.objects.filter(delivery__run__in=_ended(before)).count()


def remove_attempts(before: datetime) -> int:
    """Remove some attempts."""
    return _step(before, Removed.ATTEMPTS, removal_sql.delete_attempts)


def count_deliveries(before: datetime) -> int:
    """Return how many deliveries there are of runs that nothing asks for any more."""
    return Delivery.objects.filter(run__in=_unused(before)).count()


def remove_deliveries(before: datetime) -> int:
    """Remove some deliveries with their attempts and replies; the figures stay."""
    return _step(before, Removed.DELIVERIES, removal_sql.delete_deliveries)


class _Remove(Protocol):
    """Removes rows of a range of a run's deliveries; returns how many."""

    def __call__(self, *, run_id: int, behind: int, through: int) -> int: ...


def _step(before: datetime, kind: Removed, remove: _Remove) -> int:
    """Remove rows of the oldest run that has any, for a while; return how many, 0 if none has."""
    runs = _unused(before) if kind == Removed.DELIVERIES else _ended(before)
    done = Removal.objects.filter(
        run_id=OuterRef("pk"), kind=kind, done_at__gte=OuterRef("ended_at")
    )
    left = runs.exclude(Exists(done)).order_by("ended_at").values_list("pk", flat=True)
    for run_id in list(left):
        is_over, removed = False, 0
        while not is_over and not removed:
            is_over, removed = _step_of_run(run_id, before, kind, remove)
        if removed:
            return removed
    return 0


def _step_of_run(run_id: int, before: datetime, kind: Removed, remove: _Remove) -> tuple[bool, int]:
    """Remove rows of a run for a while; return whether that was all, and how many."""
    figures = _figures_to_keep(run_id, kind)
    ends_at = local.elapsed() + STEP_SECONDS[connection.vendor]
    with transaction.atomic():
        # Locked: a retry that reopens it waits, and finds that there is nothing to retry.
        locked = Run.objects.select_for_update(no_key=True).filter(
            pk=run_id, state__in=ENDED_RUN_STATES, ended_at__lt=before
        )
        run = locked.first()
        if run is None:
            return True, 0
        row, _is_new = Removal.objects.get_or_create(
            run_id=run_id,
            kind=kind,
            defaults={"began_at": shared.wall(), "figures": figures, "found_none": True},
        )
        if row.of_end != run.ended_at:
            # Its first removal, or the first one since it was reopened and ended again.
            row.of_end, row.through, row.done_at = run.ended_at, 0, None
            if kind == Removed.DELIVERIES and removal_sql.is_unsettled(run_id=run_id):
                transaction.set_rollback(True)
                return True, 0
        is_over, removed = False, 0
        while local.elapsed() < ends_at:
            through = removal_sql.next_through(run_id=run_id, behind=row.through, most=STEP)
            if through is None:
                is_over, row.done_at = True, shared.wall()
                break
            removed += remove(run_id=run_id, behind=row.through, through=through)
            row.through = through
            failpoint("in_removal")
        row.found_none &= not removed
        row.save(update_fields=["through", "of_end", "done_at", "found_none"])
    failpoint("after_removal")
    return is_over, removed


def _figures_to_keep(run_id: int, kind: Removed) -> Mapping[str, Any]:
    """Return what can be counted only before a run's rows go.

    It is counted before the run is locked: SQLite's other writers need not wait for it.
    """
    if kind != Removed.DELIVERIES or Removal.objects.filter(run_id=run_id, kind=kind).exists():
        return {}
    owner = CampaignRun.objects.filter(pk=run_id).first()
    return {} if owner is None else kept_figures(owner)


def _ended(before: datetime) -> QuerySet[Run]:
    return Run.objects.filter(state__in=ENDED_RUN_STATES, ended_at__lt=before)


def _unused(before: datetime) -> QuerySet[Run]:
    """Return the runs of which no message is open or unknown, and for which nothing asks.

    The figures select them, by the index of tallies for each run; the rows decide.
    """
    needed = CampaignRun.objects.filter(campaign__in=campaigns_in_use()).values("pk")
    unsettled = (
        Tally.objects.filter(
            run=OuterRef("pk"), kind=TallyKind.STATE, key__in=removal_sql.UNSETTLED
        )
        .order_by()
        .values("run")
        .annotate(total=Sum("n"))
        .filter(total__gt=0)
    )
    return _ended(before).exclude(pk__in=needed).exclude(Exists(unsettled))


def _old_answers(before: datetime) -> list[int]:
    """Return the deliveries of old answers with a text. Their run stays open and never ends."""
    rows = Answer.objects.filter(created_at__lt=before, delivery__text__gt="").exclude(
        delivery__state__in=OPEN_DELIVERY_STATES
    )
    return list(rows.order_by("pk").values_list("delivery_id", flat=True))
