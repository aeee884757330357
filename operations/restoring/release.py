"""Shows what a restored installation cannot know, and releases it with the operator's choices."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from clocks import shared
from foundation.refusals import Refusal
from holds.models import Hold, open_holds
from operations.restoring.account_tasks import withhold_account_tasks
from operations.restoring.prepare import prepare
from operations.restoring.starts import (
    drop_dates,
    runs_that_may_have_begun,
    stop_run_that_may_have_begun,
    stop_sequences,
    withhold_automatic_answers,
)
from sending.models import Run
from sending.runs.after_restore import (
    OpenRun,
    end_open_deliveries,
    keep_open_deliveries,
    runs_with_open_deliveries,
)


@dataclass(frozen=True, slots=True)
class Doubts:
    """What may have been sent between the backup and the restore, and is not known here.

    Attributes:
        hold: the hold.
        open_runs: the runs with deliveries that were open.
        unplanned: the runs that were about to begin.
    """

    hold: Hold
    open_runs: list[OpenRun]
    unplanned: list[Run]


@dataclass(frozen=True, slots=True)
class Released:
    """What a release did.

    Attributes:
        unknown: deliveries that are unknown now.
        kept: deliveries that are sent, and may have been sent since the backup.
        stopped: runs that were about to begin and were stopped.
        dates: dates of repeated campaigns that were dropped.
        sequences: sequences that were stopped.
        tasks: tasks of accounts that are not repeated, such as friend requests.
    """

    unknown: int
    kept: int
    stopped: int
    dates: int
    sequences: int
    tasks: int


def doubts() -> Doubts:
    """Return what is in doubt.

    Raises:
        Refusal: the installation is not held (`not_held`).
    """
    hold = _open_hold()
    return Doubts(hold, runs_with_open_deliveries(), runs_that_may_have_begun(hold))


def release(*, go_on: Collection[int] = (), by: Any = None) -> Released:
    """Release a restored installation: from then on it sends.

    It can be repeated if it was interrupted: the hold is lifted last.

    Args:
        go_on: the keys of the runs whose open messages are sent although they may have been sent
            since the backup. Those of all other runs become unknown.
        by: the operator.

    Raises:
        Refusal: the installation is not held (`not_held`), or a run is not among those in doubt
            (`run_unknown`).
    """
    found = doubts()
    in_doubt = {one.run.pk for one in found.open_runs} | {run.pk for run in found.unplanned}
    if set(go_on) - in_doubt:
        raise Refusal(
            _("Run %(run)s had nothing open when the backup was made.")
            % {"run": ", ".join(map(str, sorted(set(go_on) - in_doubt)))},
            code="run_unknown",
        )
    if found.hold.prepared_at is None:  # the restore was interrupted
        prepare(hold=found.hold)
    unknown = kept = 0
    for one in found.open_runs:
        if one.run.pk in go_on:
            kept += keep_open_deliveries(run=one.run, by=by)
        else:
            unknown += end_open_deliveries(run=one.run, by=by)
    stopped = sum(
        stop_run_that_may_have_begun(run=run, by=by)
        for run in found.unplanned
        if run.pk not in go_on
    )
    dates = drop_dates(until=found.hold.restored_at)
    sequences = len(stop_sequences(by=by))
    withhold_automatic_answers()
    tasks = withhold_account_tasks(until=found.hold.restored_at)
    open_holds().update(released_at=shared.wall(), released_by=by)
    return Released(unknown, kept, stopped, dates, sequences, tasks)


def _open_hold() -> Hold:
    hold = open_holds().order_by("-pk").first()
    if hold is None:
        raise Refusal(
            _("This installation is not held: it was not restored, or was released already."),
            code="not_held",
        )
    return hold
