"""The breaker of runs: one whose messages go wrong stops itself, and says why.

An account's own breaker is in its lane (`sending.lanes.reactions`); this one looks across
accounts: a text the gateway will not take, a gateway that has changed its mind.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

from django.conf import settings

from clocks import shared
from foundation.sentences import Sentence as _
from sending.models import Attempt, Run
from sending.runs.each_run import for_each_run
from sending.runs.transitions import change_run_state
from sending.states import DeliveryState, RunState

#: The newest attempts that are looked at, found by primary key alone.
LATEST_ATTEMPTS = 1_000
_BAD = (DeliveryState.FAILED, DeliveryState.UNKNOWN)


def stop_failing_runs() -> int:
    """Stop the running runs of whose latest messages half or more ended badly; return how many.

    What was before the run was started or resumed does not count: an operator who resumes it gives
    it a fresh start.
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
        step=_("Its breaker"),
    )
    return sum(stopped)


def stop_run(*, run_id: int, sentence: str) -> None:
    """Stop a run whose text nobody can be sent any more, and keep the sentence that says why.

    A text that was good when the run was made may not be after an upgrade, or when LONGEST_TEXT
    was lowered. What is pending stays: the run goes on when the text is good again and an operator
    resumes it.
    """
    detail = _(
        "It stopped itself: its text is not sendable any more. %(problem)s Undo what changed (the "
        "setting LONGEST_TEXT, the version) and resume it, or cancel it and start another."
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
    latest = Attempt.objects.order_by("-pk").values_list(
        "delivery__run_id", "delivery__state", "res", "finished_at"
    )[:LATEST_ATTEMPTS]
    for run_id, state, code, finished_at in latest:
        is_ended = state == DeliveryState.SENT or state in _BAD
        if run_id in since and is_ended and finished_at and finished_at >= since[run_id]:
            endings[run_id][state, code] += 1
    return endings


def _sentence(bad: Counter[str], ended: int) -> str:
    codes = ", ".join(f"{code} × {n}" for code, n in bad.most_common(3))
    return _(
        "It stopped itself: %(bad)d of the last %(ended)d messages went wrong (%(codes)s). Look at "
        "the deliveries that failed, then resume or cancel it."
    ) % {"bad": bad.total(), "ended": ended, "codes": codes}
