"""Asks for a backup or a pruning, and does what was asked for, in a jobs worker."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from clocks import shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from operations.backup import make_backup
from operations.models import OPEN, Upkeep, UpkeepKind, UpkeepState
from operations.pruning.prune import prune
from operations.upkeep.files import backup_folder
from retention.kinds import kinds

log = logging.getLogger(__name__)

#: After so long its process must have ended.
LONGEST = timedelta(hours=6)


def request_upkeep(*, kind: UpkeepKind, by: Any) -> Upkeep:
    """Ask for a backup or a pruning.

    Raises:
        Refusal: another is under way (`busy`).
    """
    now = shared.wall()
    name = f"qqcampaign-{now:%Y%m%d-%H%M%S}.tar.gz" if kind == UpkeepKind.BACKUP else ""
    try:
        with transaction.atomic():
            return Upkeep.objects.create(kind=kind, requested_by=by, requested_at=now, file=name)
    except IntegrityError:
        raise Refusal(
            _("Another backup or removal is under way. Wait until it has ended."), code="busy"
        ) from None


def do_what_was_asked() -> int:
    """Do what is queued, and fail what no process does any more; return how many were done."""
    now = shared.wall()
    Upkeep.objects.filter(state=UpkeepState.RUNNING, started_at__lt=now - LONGEST).update(
        state=UpkeepState.FAILED,
        finished_at=now,
        problem=_("The process that did it has ended. Ask for it again."),
    )
    done = 0
    for one in Upkeep.objects.filter(state=UpkeepState.QUEUED).order_by("pk"):
        taken = Upkeep.objects.filter(pk=one.pk, state=UpkeepState.QUEUED)
        if taken.update(state=UpkeepState.RUNNING, started_at=now):
            _do(one)
            done += 1
    return done


def _do(one: Upkeep) -> None:
    problem: Any = ""
    try:
        if one.kind == UpkeepKind.BACKUP:
            make_backup(path=backup_folder() / one.file)
        else:
            _prune(one)
    except Refusal as refusal:
        problem = refusal.sentence
    except Exception:
        log.exception("A backup or removal met an unexpected error.")
        problem = _("It met an unexpected error, which is in the log of the jobs worker.")
    Upkeep.objects.filter(pk=one.pk, state__in=OPEN).update(
        state=UpkeepState.FAILED if problem else UpkeepState.DONE,
        finished_at=shared.wall(),
        problem=problem,
    )


def _prune(one: Upkeep) -> None:
    for kind in kinds():
        one.removed |= prune(chosen=[kind])
        Upkeep.objects.filter(pk=one.pk).update(removed=one.removed)
