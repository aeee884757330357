"""The verb `wait`: waits until a run has ended."""

from __future__ import annotations

import argparse
import sys

from django.utils.translation import gettext as _

from campaigns.commands.progress import Progress, wait_for
from campaigns.commands.status import standing, status_data, status_text
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.find import find_run
from campaigns.models import CampaignRun
from foundation.commands import seconds
from foundation.refusals import Refusal
from sending.runs.figures import Figures
from sending.states import RunState

#: The exit status after Ctrl-C.
INTERRUPTED = 130


def _add_arguments(wait: argparse.ArgumentParser) -> None:
    wait.add_argument("--timeout", type=seconds, metavar="S", help="at most this many seconds")


def _wait(call: Call) -> Answer:
    campaign = call.campaign()
    run = find_run(campaign=campaign)
    progress = Progress(call.stderr)
    try:
        figures = wait_for(run=run, timeout=call.options["timeout"], progress=progress)
    except KeyboardInterrupt:
        call.stderr.write(_("Stopped waiting; the run continues."))
        sys.exit(INTERRUPTED)
    if run.state != RunState.FINISHED:
        raise _ended_early(run, figures)
    return Answer(
        status_data(run=run, figures=figures, why=()),
        status_text(campaign=campaign, run=run, figures=figures, why=()),
    )


def _ended_early(run: CampaignRun, figures: Figures) -> Refusal:
    """Return the refusal of `wait` (exit status 1) for a run that did not finish."""
    return Refusal(
        _("The run was %(state)s: %(detail)s (%(standing)s)")
        % {
            "state": run.get_state_display(),
            "detail": run.state_detail or _("an operator said so"),
            "standing": standing(figures),
        },
        code=run.state,
        state=run.state,
    )


VERBS = (Verb("wait", "wait until the newest run has ended", _wait, _add_arguments),)
