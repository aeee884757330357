"""The shared time, moved ahead by a test: days pass between two lines of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from clocks import shared


class DrivenTime:
    """The shared time of this process, ahead of the database's by as much as a test says.

    It runs on by itself in between, so lanes keep their gaps. Move it only while no worker runs:
    to a worker, a jump looks like a pause of its process.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._ahead = timedelta(0)
        self._wall, self._now, self._earliest = shared.wall, shared.now, shared.earliest
        for name in ("wall", "now", "earliest"):
            patch.setattr(shared, name, getattr(self, name))

    def move_to(self, moment: datetime) -> None:
        """Let it be this moment of the wall clock."""
        self._ahead = moment - self._wall()

    def wall(self) -> datetime:
        """Return the wall clock."""
        return self._wall() + self._ahead

    def now(self) -> datetime:
        """Return the latest possible shared time."""
        return self._now() + self._ahead

    def earliest(self) -> datetime:
        """Return the earliest possible shared time."""
        return self._earliest() + self._ahead
