"""Handles runs independently: a run that fails is stopped with the reason, the others continue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from foundation.fault_isolation import run_each
from foundation.refusals import Refusal
from foundation.sentences import Sentence
from sending.models import Run
from sending.runs.transitions import change_run_state
from sending.states import RunState

Result = TypeVar("Result")
AnyRun = TypeVar("AnyRun", bound=Run)


def for_each_run(
    runs: Iterable[AnyRun], *, do: Callable[[AnyRun], Result], step: str
) -> list[Result]:
    """Call `do` for each run; return the results of the calls that did not fail.

    A run for which it fails is stopped with a sentence, which the front page shows. An error of the
    database itself stops no run: the next tick tries again.

    Args:
        runs: the runs.
        do: called with each run.
        step: the name of the step, for the sentence ("Its preparation").
    """
    return run_each(runs, do=do, on_failure=partial(_stop, step=step), step=str(step))


def _stop(run: Run, problem: Exception, *, step: str) -> None:
    change_run_state(run_id=run.pk, to=RunState.STOPPED, detail=_why(problem, step=step))


def _why(problem: Exception, *, step: str) -> Sentence:
    if isinstance(problem, Refusal):
        return Sentence("It stopped itself: %(why)s Then resume or cancel it.") % {
            "why": problem.sentence
        }
    return Sentence(
        "It stopped itself. %(step)s failed because of a program error (%(error)s). The log of the "
        "jobs worker has the details: report them. Resume the run to try again, or cancel it."
    ) % {"step": step, "error": type(problem).__name__}
