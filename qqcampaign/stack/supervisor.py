"""The supervisor: starts the processes of the stack, watches them, and ends them all."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from qqcampaign.stack.child import Child, ProcessSpec

#: Seconds before a process that died is started again: doubled at each death in a row.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
#: A process that ran for this many seconds has recovered: its next death is a first one.
RECOVERED_AFTER = 60.0
#: Deaths in a row after which the operator is told to look at the log.
EXITS_BEFORE_LOG_HINT = 3
#: Seconds between two looks at the log files.
LOG_CHECK_SECONDS = 10.0

#: Ctrl-C, an orderly end, a closed terminal.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Ctrl-C, a TERM or a closed terminal. No `except Exception` may swallow it."""


@dataclass
class _Restarts:
    """What a process has been through lately."""

    exits: int = 0
    restart_at: float | None = None


class Supervisor:
    """Owns the processes of the stack. Not a thread in sight: one loop, woken by signals.

    Args:
        home: where the log files go and where `stack.json` says what runs.
        say: prints a line for the operator.
    """

    def __init__(self, *, home: Path, say: Callable[[str], None]) -> None:
        self.logs = home / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.facts: dict[str, object] = {"supervisor": os.getpid()}
        self._state_file = home / "stack.json"
        self._say = say
        self._children: dict[str, Child] = {}
        self._restarts: dict[str, _Restarts] = {}
        self._wakeup, self._woken = os.pipe()
        self._logs_checked_at = 0.0

    @contextlib.contextmanager
    def handling_signals(self) -> Iterator[None]:
        """Turn Ctrl-C, TERM and HUP into StopRequested; a child's death wakes the loop."""
        os.set_blocking(self._woken, False)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in STOP_SIGNALS:
            signal.signal(number, _request_stop)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)

    def start(self, spec: ProcessSpec) -> None:
        """Start one more process of the stack."""
        child = self._children[spec.name] = Child(spec, logs=self.logs)
        self._restarts[spec.name] = _Restarts()
        child.start()
        self.write_state_file()

    def wait_until(self, condition: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Wait for a part of the start.

        Args:
            condition: asked again and again; must not block for more than a second or so.
            what: what is waited for, for the sentence.
            seconds: how long at most.

        Raises:
            Refusal: a process ended meanwhile, or the time is over.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            for child in self._children.values():
                self._refuse_if_ended(child)
            if time.monotonic() > deadline:
                raise Refusal(
                    _(
                        "%(what)s did not come up within %(seconds)d seconds. See the logs in "
                        "%(logs)s."
                    )
                    % {"what": what, "seconds": seconds, "logs": self.logs},
                    code="start_timeout",
                )
            self._pause(0.1)

    def run_once(self, spec: ProcessSpec, *, seconds: float) -> bool:
        """Run a process to its end, at most this long. Return whether it did what it should."""
        child = Child(spec, logs=self.logs)
        child.start()
        deadline = time.monotonic() + seconds
        try:
            while (status := child.ended()) is None and time.monotonic() < deadline:
                self._restart_ended()
                self._pause(0.2)
        finally:
            child.kill()
        return status == 0

    def watch(self) -> None:
        """Start again what dies, until StopRequested."""
        while True:
            self._restart_ended()
            self._rotate_logs()
            self._pause(1.0)

    def stop(self) -> None:
        """End every process, in whatever state it is: TERM, the grace of each, then KILL.

        A second Ctrl-C ends the patience. Redis and the gateway simulator go last, because the
        workers want to say goodbye to them.
        """
        impatient = False
        for child in self._children.values():
            child.wake()  # a worker that says goodbye to a stopped Redis would wait for long
        ranks = sorted({child.spec.stop_rank for child in self._children.values()})
        for rank in ranks:
            group = [c for c in self._children.values() if c.spec.stop_rank == rank]
            try:
                if not impatient:
                    self._terminate_and_wait(group)
            except StopRequested:
                impatient = True
                for number in STOP_SIGNALS:  # what is left takes no time
                    signal.signal(number, signal.SIG_IGN)
            finally:
                for child in group:
                    child.kill()
        with contextlib.suppress(OSError):
            self._state_file.unlink(missing_ok=True)

    def write_state_file(self) -> None:
        """Say in stack.json what runs, for scripts: a whole file at every moment."""
        pids = {name: child.pid for name, child in self._children.items()}
        aside = self._state_file.with_suffix(".json.new")
        with contextlib.suppress(OSError):
            aside.write_text(json.dumps({**self.facts, "processes": pids}), encoding="utf-8")
            aside.replace(self._state_file)

    def _terminate_and_wait(self, children: list[Child]) -> None:
        began = time.monotonic()
        for child in children:
            child.terminate()
        while any(
            child.pid is not None
            and child.ended() is None
            and time.monotonic() - began < child.spec.grace
            for child in children
        ):
            self._pause(0.2)

    def _refuse_if_ended(self, child: Child) -> None:
        status = child.ended()
        if status is None:
            return
        raise Refusal(
            _("%(name)s ended while starting (%(how)s): %(words)s\nIts log: %(log)s")
            % {
                "name": child.spec.name,
                "how": exit_reason(status),
                "words": child.last_log_line() or _("it said nothing."),
                "log": child.log,
            },
            code="start_failed",
        )

    def _restart_ended(self) -> None:
        for name, child in self._children.items():
            restarts = self._restarts[name]
            if restarts.restart_at is None:
                status = child.ended()
                if status is not None:
                    self._plan_restart(child, restarts, status)
            elif time.monotonic() >= restarts.restart_at:
                restarts.restart_at = None
                child.start()
                self.write_state_file()

    def _plan_restart(self, child: Child, restarts: _Restarts, status: int) -> None:
        now = time.monotonic()
        if now - child.started_at > RECOVERED_AFTER:
            restarts.exits = 0
        restarts.exits += 1
        pause = min(FIRST_PAUSE * 2 ** (restarts.exits - 1), LONGEST_PAUSE)
        restarts.restart_at = now + pause
        facts = {"name": child.spec.name, "how": exit_reason(status), "log": child.log}
        if restarts.exits < EXITS_BEFORE_LOG_HINT:
            self._say(_("%(name)s ended (%(how)s) and is started again.") % facts)
        else:
            facts |= {"times": restarts.exits, "pause": pause}
            self._say(
                _(
                    "%(name)s ended %(times)d times in a row (%(how)s); next try in %(pause)g s. "
                    "Its log says why: %(log)s"
                )
                % facts
            )

    def _rotate_logs(self) -> None:
        if time.monotonic() - self._logs_checked_at > LOG_CHECK_SECONDS:
            self._logs_checked_at = time.monotonic()
            for child in self._children.values():
                child.rotate_log()

    def _pause(self, seconds: float) -> None:
        """Wait this long, or until a child dies."""
        if select.select([self._wakeup], [], [], seconds)[0]:
            os.read(self._wakeup, 4096)


def exit_reason(status: int) -> str:
    """Return an exit status in words: `exit status 1`, `killed by SIGKILL`."""
    if status >= 0:
        return _("exit status %d") % status
    try:
        return _("killed by %s") % signal.Signals(-status).name
    except ValueError:
        return _("killed by signal %d") % -status


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    raise StopRequested
