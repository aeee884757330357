"""Removes texts, attempts and deliveries of runs that ended long ago, some rows at a time.

Which rows were removed is stored before the first is: so no check takes a figure for wrong, and
every page can say what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.models import CampaignRun
from campaigns.reports.figures_by import kept_figures
from clocks import shared
from conversations.models import Answer
from operations.pruning.needed import campaigns_in_use
from retention.models import Removal, Removed
from sending.models import Attempt, Delivery, Run
from sending.states import ENDED_RUN_STATES, OPEN_DELIVERY_STATES

#: Rows that one transaction removes.
STEP = 500
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
    return _step(before, Removed.TEXTS, _texts_of, lambda rows: rows.update(text=""))


def count_attempts(before: datetime) -> int:
    """Return how many attempts there are."""
    return Attempt.objects.filter(delivery__run__in=_ended(before)).count()


def remove_attempts(before: datetime) -> int:
    """Remove some attempts."""
    return _step(before, Removed.ATTEMPTS, _attempts_of, lambda rows: rows.delete()[0])


def count_deliveries(before: datetime) -> int:
    """Return how many deliveries there are of runs that nothing asks for any more."""
    return Delivery.objects.filter(run__in=_unused(before)).count()


def remove_deliveries(before: datetime) -> int:
    """Remove some deliveries with their attempts and replies; the figures stay."""
    return _step(before, Removed.DELIVERIES, _deliveries_of, lambda rows: rows.delete()[0])


def _step(
    before: datetime,
    kind: Removed,
    rows_of: Callable[[int], QuerySet[Any]],
    remove: Callable[[QuerySet[Any]], int],
) -> int:
    """Remove some rows of the oldest run that has any; return how many, 0 if none has."""
    runs = _unused(before) if kind == Removed.DELIVERIES else _ended(before)
    done = Removal.objects.filter(
        run_id=OuterRef("pk"), kind=kind, done_at__gte=OuterRef("ended_at")
    )
    for run in runs.exclude(Exists(done)).order_by("ended_at")[:STEP]:
        with transaction.atomic():
            # Locked: a retry that reopens it waits, and finds that there is nothing to retry.
            locked = Run.objects.select_for_update().filter(
                pk=run.pk, state__in=ENDED_RUN_STATES, ended_at__lt=before
            )
            if not locked.exists():
                continue
            keys = list(rows_of(run.pk).values_list("pk", flat=True)[:STEP])
            if not keys:
                _note(run, kind, is_done=True)
                continue
            _note(run, kind, is_done=False)
            remove(rows_of(run.pk).filter(pk__in=keys))
        return len(keys)
    return 0


def _note(run: Run, kind: Removed, *, is_done: bool) -> None:
    """Store what is removed of a run, with what can be counted only before its rows go."""
    now = shared.wall()
    row = Removal.objects.filter(run_id=run.pk, kind=kind).first()
    if row is None:
        if is_done:
            return  # it never had any
        figures = {}
        owner = CampaignRun.objects.filter(pk=run.pk).first()
        if kind == Removed.DELIVERIES and owner is not None:
            figures = kept_figures(owner)
        Removal.objects.create(run_id=run.pk, kind=kind, began_at=now, figures=figures)
    elif is_done:
        Removal.objects.filter(pk=row.pk).update(done_at=now)


def _ended(before: datetime) -> QuerySet[Run]:
    return Run.objects.filter(state__in=ENDED_RUN_STATES, ended_at__lt=before)


def _unused(before: datetime) -> QuerySet[Run]:
    """Return the runs of which no message is open or unknown, and for which nothing asks."""
    needed = CampaignRun.objects.filter(campaign__in=campaigns_in_use()).values("pk")
    unsettled = Delivery.objects.filter(
        run=OuterRef("pk"), state__in=(*OPEN_DELIVERY_STATES, "unknown")
    )
    return _ended(before).exclude(pk__in=needed).exclude(Exists(unsettled))


def _texts_of(run_id: int) -> QuerySet[Any]:
    return Delivery.objects.filter(_HAS_TEXT, run=run_id).order_by("pk")


def _attempts_of(run_id: int) -> QuerySet[Any]:
    # In the order of the run's deliveries: by their own key, a step would walk the attempts of all
    # older runs.
    return Attempt.objects.filter(delivery__run=run_id).order_by("delivery_id")


def _deliveries_of(run_id: int) -> QuerySet[Any]:
    return Delivery.objects.filter(run=run_id).order_by("pk")


def _old_answers(before: datetime) -> list[int]:
    """Return the deliveries of old answers with a text. Their run stays open and never ends."""
    rows = Answer.objects.filter(created_at__lt=before, delivery__text__gt="").exclude(
        delivery__state__in=OPEN_DELIVERY_STATES
    )
    return list(rows.order_by("pk").values_list("delivery_id", flat=True))
