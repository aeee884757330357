"""The signs of life between the texts of a chunk, and for how long a rehearsal may go on here.

A chunk has a bound of people, not of time: its texts may take minutes. Without a sign of life in
between, others would take the rehearsal, repeat the chunk and lose it in turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import QuerySet

from campaigns.models import Rehearsal
from campaigns.states import RehearsalState
from clocks import local, shared

#: Seconds between two signs of life inside a chunk, far below those after which others take over.
EVERY_SECONDS = 3.0


class FencedOff(Exception):
    """The rehearsal was cancelled, or another worker took it."""


class HandedOver(Exception):
    """The rehearsal takes longer here than it may: the jobs worker goes on."""


@dataclass
class Watch:
    """Gives the signs of life of a worker that runs a rehearsal.

    Attributes:
        rehearsal: the rehearsal.
        patience: seconds that it may take here; None for no limit.
    """

    rehearsal: Rehearsal
    patience: float | None = None
    _began: float = field(default_factory=local.elapsed)
    _due: float = field(default_factory=lambda: local.elapsed() + EVERY_SECONDS)

    def look(self) -> None:
        """Give a sign of life if one is due.

        Raises:
            FencedOff: the rehearsal is not this worker's any more.
            HandedOver: the patience is used up.
        """
        now = local.elapsed()
        if self.patience is not None and now - self._began > self.patience:
            self._hand_over()
        if now >= self._due:
            self.store()

    def store(self, **columns: object) -> None:
        """Store columns and a sign of life.

        Raises:
            FencedOff: the rehearsal is not this worker's any more.
        """
        if not self._mine().update(heartbeat_at=shared.wall(), **columns):
            raise FencedOff
        self._due = local.elapsed() + EVERY_SECONDS

    def _hand_over(self) -> None:
        if not self._mine().update(heartbeat_at=None):
            raise FencedOff
        raise HandedOver

    def _mine(self) -> QuerySet[Rehearsal]:
        return Rehearsal.objects.filter(
            pk=self.rehearsal.pk, token=self.rehearsal.token, state=RehearsalState.RUNNING
        )
