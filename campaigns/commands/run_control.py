"""The verbs `pause`, `resume`, `cancel` and `add-late-comers`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from campaigns.commands.run_answer import run_answer
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.find import find_run
from campaigns.planning.late_comers import add_late_comers, late_comers_sentence
from campaigns.run_control.lifecycle import cancel_run, pause_run, resume_run


def _control(change: Callable[..., Any]) -> Callable[[Call], Answer]:
    def perform(call: Call) -> Answer:
        run = find_run(campaign=call.campaign())
        change(run=run, by=call.by)
        return run_answer(run)

    return perform


def _add_late_comers(call: Call) -> Answer:
    run = find_run(campaign=call.campaign())
    added = add_late_comers(run=run, by=call.by)
    return run_answer(run, more={"added": added}, words=late_comers_sentence(added))


VERBS = (
    Verb("pause", "pause before the next message of each account", _control(pause_run)),
    Verb("resume", "continue a paused or stopped run", _control(resume_run)),
    Verb("cancel", "stop permanently", _control(cancel_run)),
    Verb(
        "add-late-comers",
        "plan the people who joined the audience since the newest run was planned",
        _add_late_comers,
    ),
)
