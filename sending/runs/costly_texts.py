"""The breaker of runs whose texts take too much: it stops one that goes on like that.

Each such text is bounded, but a worker makes texts for all of its accounts in turn, and a run in
which every person's text is given up at the bound would keep them waiting for nothing.
"""

from __future__ import annotations

import time

from foundation.sentences import Sentence as _
from sending.models import Run
from sending.runs.transitions import change_run_state
from sending.states import RunState
from texts.faults import TextFault

#: How many more texts of a run may take too much than could be made, before it is stopped: as many
#: in a row, or half of very many.
MOST_TOO_COSTLY = 20


class CostlyTexts:
    """How many more texts of a run took too much than could be made, in this process."""

    __slots__ = ("_has_stopped", "surplus")

    def __init__(self) -> None:
        self.surplus = 0
        self._has_stopped = False

    def is_still_stopped(self, *, run_id: int) -> bool:
        """Return whether the run was stopped here and not resumed: lanes may not know it yet."""
        if self._has_stopped:
            self._has_stopped = not Run.objects.running().filter(pk=run_id).exists()
        return self._has_stopped

    def note_rendered(self) -> None:
        """Note a text that was made."""
        if self.surplus:
            self.surplus -= 1

    def note_failed(self, *, run_id: int, reason: TextFault) -> bool:
        """Note a text that was not made; stop the run, and return True, if it was one too many.

        What is pending stays: an operator who resumes the run gives it a fresh start.
        """
        if reason != TextFault.RENDER_TOO_COSTLY:
            return False
        self.surplus += 1
        time.sleep(0)  # the other lanes of this worker go on in between
        if self.surplus < MOST_TOO_COSTLY:
            return False
        self.surplus, self._has_stopped = 0, True
        sentence = _(
            "It stopped itself: most of its latest texts take too much time or memory to make. "
            "Look at the deliveries that were skipped. Resume it once the people's attributes are "
            "shorter, or cancel it and start another with a simpler text."
        )
        change_run_state(run_id=run_id, to=RunState.STOPPED, detail=sentence)
        return True
