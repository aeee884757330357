"""The scheduler of beat: ticks go by the process's own clock, whatever the wall clock does.

Celery's own goes by the host's wall clock. Set back by an hour, it sent no tick for an hour.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from celery.beat import ScheduleEntry, Scheduler
from redis.exceptions import RedisError

from accounts.pacing.redis_client import live
from accounts.wake_ups import JOBS
from clocks import local

#: With so many tasks waiting already, ticks are left out: they would only wait behind them.
MOST_WAITING = 100
#: How often beat writes down that it is alive, and after how long a silence it is not, seconds.
SIGN_SECONDS, SILENCE_SECONDS = 5.0, 60.0


class MonotonicScheduler(Scheduler):
    """Sends each tick every so many seconds. It remembers nothing: ticks do no harm.

    Args:
        schedule_filename: where to write down that beat is alive.
    """

    def __init__(self, *args: Any, schedule_filename: str | None = None, **kwargs: Any) -> None:
        self._sent_at: dict[str, float] = {}
        self._sign = Path(schedule_filename) if schedule_filename else None
        self._signed_at = float("-inf")
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; return after how many seconds to come again."""
        self._give_sign()
        seconds: float = super().tick(*args, **kwargs)
        return min(seconds, SIGN_SECONDS)

    def is_due(self, entry: ScheduleEntry) -> tuple[bool, float]:
        """Return whether an entry is due, and after how many seconds to look again."""
        seconds: float = entry.schedule.run_every.total_seconds()
        left = self._sent_at.get(entry.name, float("-inf")) + seconds - local.elapsed()
        if left > 0:
            return False, left
        self._sent_at[entry.name] = local.elapsed()
        return True, seconds

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Send an entry's task, unless the worker is far behind or away."""
        try:
            waiting: Any = live().llen(JOBS)
        except RedisError:
            return  # the tick could not be sent either; the next one makes up for it
        if waiting < MOST_WAITING:
            super().apply_entry(entry, producer=producer)

    def _when(self, entry: ScheduleEntry, next_time_to_run: float, **_clock: Any) -> float:
        """Return an entry's place in the order of what is due, by the process's own clock."""
        return local.elapsed() + float(self.adjust(next_time_to_run) or 0.0)

    def _give_sign(self) -> None:
        if self._sign is None or local.elapsed() - self._signed_at < SIGN_SECONDS:
            return
        self._signed_at = local.elapsed()
        written = self._sign.with_suffix(".new")
        written.write_text(json.dumps([local.boot_identity(), self._signed_at]))
        written.replace(self._sign)


def is_alive(sign: Path) -> bool:
    """Return whether the beat that signs this file did so within SILENCE_SECONDS."""
    try:
        boot, signed_at = json.loads(sign.read_text())
    except (OSError, ValueError):
        return False
    return bool(boot == local.boot_identity()) and local.elapsed() - signed_at < SILENCE_SECONDS
