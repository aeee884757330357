"""The supervisor: starts the processes of the stack, restarts them, and stops them."""

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

#: Seconds before a process is restarted: doubled after each exit in a row, up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
#: After a process has run for this many seconds, its earlier exits no longer count.
RECOVERED_AFTER = 60.0
#: Exits in a row after which the message names the log.
EXITS_BEFORE_LOG_HINT = 3
#: Seconds between two checks of the log files.
LOG_CHECK_SECONDS = 10.0

#: Ctrl-C, `kill`, a closed terminal.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """A stop signal arrived. A BaseException, so that no `except Exception` catches it."""


@dataclass
class _Restarts:
    """The recent exits of a process and its next restart (on time.monotonic)."""

    exits: int = 0
    restart_at: float | None = None


class Supervisor:
    """Owns the processes of the stack. Runs one loop without threads, which signals wake.

    Args:
        home: the folder for the log files and for `stack.json`, which lists the processes.
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
        """Raise StopRequested on Ctrl-C, TERM and HUP; wake the loop when a child exits."""
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
        """Start a process and supervise it."""
        child = self._children[spec.name] = Child(spec, logs=self.logs)
        self._restarts[spec.name] = _Restarts()
        child.start()
        self.write_state_file()

    def wait_until(self, condition: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Wait until a condition is true.

        Args:
            condition: called repeatedly; should block for a second at most.
            what: what starts, for the error message.
            seconds: maximum time to wait.

        Raises:
            Refusal: a process ended, or the time is over.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            for child in self._children.values():
                self._refuse_if_ended(child)
            if time.monotonic() > deadline:
                raise Refusal(
                    _(
                        "%(what)s did not start within %(seconds)d seconds. See the logs in "
                        "%(logs)s."
                    )
                    % {"what": what, "seconds": seconds, "logs": self.logs},
                    code="start_timeout",
                )
            self._pause(0.1)

    def run_once(self, spec: ProcessSpec, *, seconds: float) -> bool:
        """Run a process until it ends, at most this long. Return whether its exit status was 0."""
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
        """Restart processes that end, until StopRequested."""
        while True:
            self._restart_ended()
            self._rotate_logs()
            self._pause(1.0)

    def stop(self) -> None:
        """Stop all processes in any state: SIGTERM, the grace of each process, then SIGKILL.

        A second Ctrl-C kills them at once. Redis and the gateway simulator are stopped last,
        because workers use them while they stop.
        """
        kill_now = False
        for child in self._children.values():
            child.wake()  # while Redis is stopped by SIGSTOP, a stopping worker would wait for it
        ranks = sorted({child.spec.stop_rank for child in self._children.values()})
        for rank in ranks:
            group = [c for c in self._children.values() if c.spec.stop_rank == rank]
            try:
                if not kill_now:
                    self._terminate_and_wait(group)
            except StopRequested:
                kill_now = True
                for number in STOP_SIGNALS:  # killing the rest takes no time
                    signal.signal(number, signal.SIG_IGN)
            finally:
                for child in group:
                    child.kill()
        with contextlib.suppress(OSError):
            self._state_file.unlink(missing_ok=True)

    def write_state_file(self) -> None:
        """Replace stack.json, which lists the processes for scripts."""
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
                "words": child.last_log_line() or _("it wrote no output."),
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
            self._say(_("%(name)s ended (%(how)s) and is restarted.") % facts)
        else:
            facts |= {"times": restarts.exits, "pause": pause}
            self._say(
                _(
                    "%(name)s ended %(times)d times in a row (%(how)s); next restart in "
                    "%(pause)g s. See its log: %(log)s"
                )
                % facts
            )

    def _rotate_logs(self) -> None:
        if time.monotonic() - self._logs_checked_at > LOG_CHECK_SECONDS:
            self._logs_checked_at = time.monotonic()
            for child in self._children.values():
                child.rotate_log()

    def _pause(self, seconds: float) -> None:
        """Wait this many seconds, or until a child exits."""
        if select.select([self._wakeup], [], [], seconds)[0]:
            os.read(self._wakeup, 4096)


def exit_reason(status: int) -> str:
    """Return a text for an exit status: `exit status 1`, `killed by SIGKILL`."""
    if status >= 0:
        return _("exit status %d") % status
    try:
        return _("killed by %s") % signal.Signals(-status).name
    except ValueError:
        return _("killed by signal %d") % -status


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    raise StopRequested
