"""Wait for the end of a run and show its progress: a bar on a terminal, else lines."""

from __future__ import annotations

import time
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from campaigns.commands.status import standing
from campaigns.models import CampaignRun
from foundation.refusals import Refusal
from sending.runs.figures import Figures, figures_of
from sending.states import ENDED_RUN_STATES

#: Seconds between two queries of the run, and between two lines of output without a terminal.
LOOK_SECONDS, LINE_SECONDS = 0.5, 5.0
#: Seconds that the database may be unavailable before waiting is given up.
PATIENCE_SECONDS = 60.0
BAR_WIDTH = 30


class Progress:
    """Shows the progress of a run on standard error: a bar on a terminal, else lines.

    Args:
        stream: the command's standard error.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._has_bar = bool(stream.isatty())
        self._drawn = 0
        self._last_line = ""
        self._last_line_at = float("-inf")

    def show(self, figures: Figures) -> None:
        """Draw the figures."""
        if self._has_bar:
            self._draw(figures)
        elif time.monotonic() - self._last_line_at >= LINE_SECONDS:
            line = standing(figures)
            if line != self._last_line:
                self._write(line, ending="\n")
            self._last_line, self._last_line_at = line, time.monotonic()

    def close(self) -> None:
        """End the line of the bar."""
        if self._drawn:
            self._write("", ending="\n")
            self._drawn = 0

    def _draw(self, figures: Figures) -> None:
        done = figures.ended / figures.targeted if figures.targeted else 0.0
        full = int(done * BAR_WIDTH)
        line = f"[{'#' * full}{'.' * (BAR_WIDTH - full)}] {done:4.0%} {standing(figures)}"
        self._write("\r" + line.ljust(self._drawn), ending="")
        self._drawn = len(line)

    def _write(self, text: str, *, ending: str) -> None:
        self._stream.write(text, style_func=str, ending=ending)
        self._stream.flush()


def wait_for(*, run: CampaignRun, timeout: float | None, progress: Progress) -> Figures:
    """Wait until a run has ended and return its figures.

    The wait survives a database that is unavailable for less than PATIENCE_SECONDS.

    Args:
        run: the run.
        timeout: the longest wait in seconds; None for no limit.
        progress: shows the figures meanwhile.

    Raises:
        Refusal: the timeout has passed (`timeout`).
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    answered_at = time.monotonic()
    try:
        while True:
            try:
                run.refresh_from_db()
                figures = figures_of(run=run)
            except (OperationalError, InterfaceError):
                connection.close()
                if time.monotonic() - answered_at > PATIENCE_SECONDS:
                    raise
            else:
                answered_at = time.monotonic()
                progress.show(figures)
                if run.state in ENDED_RUN_STATES:
                    return figures
                if deadline is not None and time.monotonic() >= deadline:
                    raise _late(run, figures, timeout)
            time.sleep(_pause(deadline))
    finally:
        progress.close()


def _pause(deadline: float | None) -> float:
    if deadline is None:
        return LOOK_SECONDS
    return min(LOOK_SECONDS, max(deadline - time.monotonic(), 0.01))


def _late(run: CampaignRun, figures: Figures, timeout: float | None) -> Refusal:
    return Refusal(
        _("The run is still %(state)s after %(seconds)g s: %(standing)s. It continues.")
        % {
            "seconds": timeout,
            "state": run.get_state_display(),
            "standing": standing(figures),
        },
        code="timeout",
        state=run.state,
    )
