"""The breaker of runs whose texts cost too much to render.

The cost of rendering one text is bounded. But a worker renders the texts of all its accounts one
after the other. A run whose texts all reach the bound would delay every account, so it is stopped.
"""

from __future__ import annotations

import time

from foundation.sentences import Sentence as _
from sending.models import Run
from sending.runs.transitions import change_run_state
from sending.states import RunState
from texts.faults import TextFault

#: A run is stopped when texts that cost too much outnumber rendered ones by this many: after this
#: many in a row, or later if more than half of the texts cost too much.
MOST_TOO_COSTLY = 20


class CostlyTexts:
    """Counts a run's texts in this process.

    Attributes:
        surplus: texts that cost too much, minus texts that were rendered; not below 0.
    """

    __slots__ = ("_has_stopped", "surplus")

    def __init__(self) -> None:
        self.surplus = 0
        self._has_stopped = False

    def is_still_stopped(self, *, run_id: int) -> bool:
        """Return whether the run was stopped here and not resumed; lanes may not know it yet."""
        if self._has_stopped:
            self._has_stopped = not Run.objects.running().filter(pk=run_id).exists()
        return self._has_stopped

    def note_rendered(self) -> None:
        """Count a text that was rendered."""
        if self.surplus:
            self.surplus -= 1

    def note_failed(self, *, run_id: int, reason: TextFault) -> bool:
        """Count a text that could not be rendered; return whether this stopped the run.

        Pending deliveries stay pending. Resuming the run gives it a fresh start.

        Args:
            run_id: the run.
            reason: why the text could not be rendered; only RENDER_TOO_COSTLY counts.
        """
        if reason != TextFault.RENDER_TOO_COSTLY:
            return False
        self.surplus += 1
        time.sleep(0)  # let the other lanes of this worker run in between
        if self.surplus < MOST_TOO_COSTLY:
            return False
        self.surplus, self._has_stopped = 0, True
        sentence = _(
            "It stopped itself: most of its latest texts take too much time or memory to render. "
            "Check the skipped deliveries. Resume the run once the contacts' attributes are "
            "shorter, or cancel it and start another with a simpler text."
        )
        change_run_state(run_id=run_id, to=RunState.STOPPED, detail=sentence)
        return True
