"""The breaker of runs: a run whose messages fail is stopped, with the reason.

The breaker of an account is in its lane (`sending.lanes.reactions`). This one looks across
accounts: it finds a text that the gateway rejects, or a gateway that rejects everything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

from django.conf import settings

from clocks import shared
from foundation.sentences import Sentence as _
from sending.models import Run
from sending.runs.each_run import for_each_run
from sending.runs.latest_attempts import latest_attempts
from sending.runs.transitions import change_run_state
from sending.states import DeliveryState, RunState

#: The number of newest attempts that are examined; they are found by primary key alone.
LATEST_ATTEMPTS = 1_000
_BAD = (DeliveryState.FAILED, DeliveryState.UNKNOWN)


def stop_failing_runs() -> int:
    """Stop running runs in which half or more of the latest messages failed; return how many.

    Attempts from before the run was started or resumed do not count, so that resuming gives a run a
    fresh start.
    """
    runs = {run.pk: run for run in Run.objects.running()}
    if not runs:
        return 0
    endings = _latest_endings(
        {pk: shared.from_wall(run.state_changed_at) for pk, run in runs.items()}
    )
    stopped = for_each_run(
        [runs[pk] for pk in endings],
        do=lambda run: _stop_if_failing(run, endings[run.pk]),
        step=_("Checking its results"),
    )
    return sum(stopped)


def stop_run(*, run_id: int, sentence: str) -> None:
    """Stop a run whose text can no longer be sent.

    A text may become invalid after an upgrade, or when LONGEST_TEXT is lowered. Pending deliveries
    stay pending: once the text is valid again, an operator can resume the run.

    Args:
        run_id: the run.
        sentence: why the text is invalid, for the operator.
    """
    detail = _(
        "It stopped itself: its text can no longer be sent. %(problem)s Undo the change "
        "(LONGEST_TEXT or the version) and resume, or cancel it and start another."
    ) % {"problem": sentence}
    change_run_state(run_id=run_id, to=RunState.STOPPED, detail=detail)


def _stop_if_failing(run: Run, endings: Counter[tuple[str, str]]) -> bool:
    bad = Counter({code: n for (state, code), n in endings.items() if state in _BAD})
    ended = sum(endings.values())
    if ended < settings.QQ_BREAKER_RUN or 2 * bad.total() < ended:
        return False
    return change_run_state(run_id=run.pk, to=RunState.STOPPED, detail=_sentence(bad, ended))


def _latest_endings(since: dict[int, datetime]) -> dict[int, Counter[tuple[str, str]]]:
    endings: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    latest = latest_attempts().values_list("delivery_id", "run_id", "state", "res", "finished_at")[
        :LATEST_ATTEMPTS
    ]
    counted: set[int] = set()
    for delivery_id, run_id, state, code, finished_at in latest:
        if delivery_id in counted:
            continue  # a message counts once, however often it was tried
        counted.add(delivery_id)
        is_ended = state == DeliveryState.SENT or state in _BAD
        if run_id in since and is_ended and finished_at and finished_at >= since[run_id]:
            endings[run_id][state, code] += 1
    return endings


def _sentence(bad: Counter[str], ended: int) -> str:
    codes = ", ".join(f"{code} × {n}" for code, n in bad.most_common(3))
    return _(
        "It stopped itself: %(bad)d of the last %(ended)d messages failed (%(codes)s). Check the "
        "failed deliveries, then resume or cancel the run."
    ) % {"bad": bad.total(), "ended": ended, "codes": codes}
