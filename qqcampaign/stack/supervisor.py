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
from qqcampaign.stack.child import Child, Spec

#: Seconds before a process that died is started again: doubled at each death in a row.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
#: A process that ran for this many seconds has recovered: its next death is a first one.
RECOVERED_AFTER = 60.0
#: Deaths in a row after which the operator is told to look at the log.
DEATHS_TO_EXPLAIN = 3
#: Seconds between two looks at the log files.
LOG_PERIOD = 10.0

#: Ctrl-C, an orderly end, a closed terminal.
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Ctrl-C, a TERM or a closed terminal. No `except Exception` may swallow it."""


@dataclass
class _Trouble:
    """What a process has been through lately."""

    deaths: int = 0
    start_again_at: float | None = None


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
        self._troubles: dict[str, _Trouble] = {}
        self._wakeup, self._woken = os.pipe()
        self._logs_seen_at = 0.0

    @contextlib.contextmanager
    def listening_to_signals(self) -> Iterator[None]:
        """Turn Ctrl-C, TERM and HUP into StopRequested; a child's death wakes the loop."""
        os.set_blocking(self._woken, False)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in STOPPING:
            signal.signal(number, _request_stop)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)

    def start(self, spec: Spec) -> None:
        """Start one more process of the stack."""
        child = self._children[spec.name] = Child(spec, logs=self.logs)
        self._troubles[spec.name] = _Trouble()
        child.start()
        self.write_facts()

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

    def run_once(self, spec: Spec, *, seconds: float) -> bool:
        """Run a process to its end, at most this long. Return whether it did what it should."""
        child = Child(spec, logs=self.logs)
        child.start()
        deadline = time.monotonic() + seconds
        try:
            while (status := child.ended()) is None and time.monotonic() < deadline:
                self._restart_the_dead()
                self._pause(0.2)
        finally:
            child.kill()
        return status == 0

    def watch(self) -> None:
        """Start again what dies, until StopRequested."""
        while True:
            self._restart_the_dead()
            self._tend_logs()
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
                    self._end_gently(group)
            except StopRequested:
                impatient = True
                for number in STOPPING:  # what is left takes no time
                    signal.signal(number, signal.SIG_IGN)
            finally:
                for child in group:
                    child.kill()
        with contextlib.suppress(OSError):
            self._state_file.unlink(missing_ok=True)

    def write_facts(self) -> None:
        """Say in stack.json what runs, for scripts: a whole file at every moment."""
        pids = {name: child.pid for name, child in self._children.items()}
        aside = self._state_file.with_suffix(".json.new")
        with contextlib.suppress(OSError):
            aside.write_text(json.dumps({**self.facts, "processes": pids}), encoding="utf-8")
            aside.replace(self._state_file)

    def _end_gently(self, children: list[Child]) -> None:
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
                "how": how_it_ended(status),
                "words": child.last_words() or _("it said nothing."),
                "log": child.log,
            },
            code="start_failed",
        )

    def _restart_the_dead(self) -> None:
        for name, child in self._children.items():
            trouble = self._troubles[name]
            if trouble.start_again_at is None:
                status = child.ended()
                if status is not None:
                    self._plan_restart(child, trouble, status)
            elif time.monotonic() >= trouble.start_again_at:
                trouble.start_again_at = None
                child.start()
                self.write_facts()

    def _plan_restart(self, child: Child, trouble: _Trouble, status: int) -> None:
        now = time.monotonic()
        if now - child.started_at > RECOVERED_AFTER:
            trouble.deaths = 0
        trouble.deaths += 1
        pause = min(FIRST_PAUSE * 2 ** (trouble.deaths - 1), LONGEST_PAUSE)
        trouble.start_again_at = now + pause
        facts = {"name": child.spec.name, "how": how_it_ended(status), "log": child.log}
        if trouble.deaths < DEATHS_TO_EXPLAIN:
            self._say(_("%(name)s ended (%(how)s) and is started again.") % facts)
        else:
            facts |= {"times": trouble.deaths, "pause": pause}
            self._say(
                _(
                    "%(name)s ended %(times)d times in a row (%(how)s); next try in %(pause)g s. "
                    "Its log says why: %(log)s"
                )
                % facts
            )

    def _tend_logs(self) -> None:
        if time.monotonic() - self._logs_seen_at > LOG_PERIOD:
            self._logs_seen_at = time.monotonic()
            for child in self._children.values():
                child.rotate_log()

    def _pause(self, seconds: float) -> None:
        """Wait this long, or until a child dies."""
        if select.select([self._wakeup], [], [], seconds)[0]:
            os.read(self._wakeup, 4096)


def how_it_ended(status: int) -> str:
    """Return an exit status in words: `exit status 1`, `killed by SIGKILL`."""
    if status >= 0:
        return _("exit status %d") % status
    try:
        return _("killed by %s") % signal.Signals(-status).name
    except ValueError:
        return _("killed by signal %d") % -status


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    raise StopRequested
