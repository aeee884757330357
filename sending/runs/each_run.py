"""Runs are handled each for itself: one that fails is stopped, and says why; the others go on."""

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
    """Do something for each run; return what came of it where it did not fail.

    A run that fails is stopped with a sentence, which the front page shows. What is the database's
    own trouble stops no run: it is tried again at the next tick.

    Args:
        runs: which.
        do: the verb.
        step: what is done to the run, in words of the catalogue ("Its preparation").
    """
    return run_each(runs, do=do, on_failure=partial(_stop, step=step), step=str(step))


def _stop(run: Run, problem: Exception, *, step: str) -> None:
    change_run_state(run_id=run.pk, to=RunState.STOPPED, detail=_why(problem, step=step))


def _why(problem: Exception, *, step: str) -> Sentence:
    if isinstance(problem, Refusal):
        return Sentence("It stopped itself: %(why)s Then resume it, or cancel it.") % {
            "why": problem.sentence
        }
    return Sentence(
        "It stopped itself. %(step)s failed: an error of the program (%(error)s). The log of the "
        "jobs worker says where: report it. Resume the run to try again, or cancel it."
    ) % {"step": step, "error": type(problem).__name__}
