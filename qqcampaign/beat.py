"""The scheduler of Celery's beat, based on the process's own clock.

Celery's scheduler uses the host's wall clock: after the clock was set back by an hour, it sent no
periodic task for an hour. See docs/decisions/0009-celery-beat.md.
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

#: While this many tasks wait, no periodic tasks are sent: they would only wait behind them.
MOST_WAITING = 100
#: How often beat writes its heartbeat file, and the age above which beat counts as dead, seconds.
HEARTBEAT_SECONDS, DEAD_SECONDS = 5.0, 60.0


class MonotonicScheduler(Scheduler):
    """Sends each periodic task at its interval. It stores no state: extra tasks do no harm.

    Args:
        schedule_filename: the heartbeat file; None writes none.
    """

    def __init__(self, *args: Any, schedule_filename: str | None = None, **kwargs: Any) -> None:
        self._sent_at: dict[str, float] = {}
        self._heartbeat_file = Path(schedule_filename) if schedule_filename else None
        self._written_at = float("-inf")
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send the tasks that are due; return the seconds until the next call."""
        self._write_heartbeat()
        seconds: float = super().tick(*args, **kwargs)
        return min(seconds, HEARTBEAT_SECONDS)

    def is_due(self, entry: ScheduleEntry) -> tuple[bool, float]:
        """Return whether an entry is due, and the seconds until the next check."""
        seconds: float = entry.schedule.run_every.total_seconds()
        left = self._sent_at.get(entry.name, float("-inf")) + seconds - local.elapsed()
        if left > 0:
            return False, left
        self._sent_at[entry.name] = local.elapsed()
        return True, seconds

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Send an entry's task, unless Redis is unreachable or many tasks wait."""
        try:
            waiting: Any = live().llen(JOBS)
        except RedisError:
            return  # the task could not be sent either; the next one makes up for it
        if waiting < MOST_WAITING:
            super().apply_entry(entry, producer=producer)

    def _when(self, entry: ScheduleEntry, next_time_to_run: float, **_clock: Any) -> float:
        """Return when an entry is due, on the process's own clock; orders the schedule."""
        return local.elapsed() + float(self.adjust(next_time_to_run) or 0.0)

    def _write_heartbeat(self) -> None:
        if self._heartbeat_file is None or local.elapsed() - self._written_at < HEARTBEAT_SECONDS:
            return
        self._written_at = local.elapsed()
        new_file = self._heartbeat_file.with_suffix(".new")
        new_file.write_text(json.dumps([local.boot_identity(), self._written_at]))
        new_file.replace(self._heartbeat_file)


def is_alive(heartbeat_file: Path) -> bool:
    """Return whether beat wrote this heartbeat file within the last DEAD_SECONDS, on this boot."""
    try:
        boot, written_at = json.loads(heartbeat_file.read_text())
    except (OSError, ValueError):
        return False
    return bool(boot == local.boot_identity()) and local.elapsed() - written_at < DEAD_SECONDS
