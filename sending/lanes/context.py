"""The state that all lanes of a worker process share: worker, runs, limits, policies, gateway.

There is one `LaneContext` per process. The control loop (`sending.worker.runtime`) writes it; lanes
and inbox rounds read it. It imports neither.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import NamedTuple

from django.conf import settings

from accounts.gateway.inbox import Polled
from accounts.gateway.login_steps import LoginSteps
from accounts.models import Account, Egress, Worker
from accounts.pacing.limits import Limits, daily_limit
from clocks import local
from foundation.refusals import Refusal
from qqhttp import GatewayClient
from sending.forbidden_words import WatchedWords
from sending.lanes.closings import Closings
from sending.lanes.feed import RunBrief, brief
from sending.lanes.gateway_watch import GatewayWatch
from sending.lanes.login_turns import LoginTurns
from sending.lanes.run_turns import RateTurns
from sending.ledger.ledger import Ledger
from sending.models import Run
from sending.policies import PolicyTable
from sending.runs.breakers import stop_run
from sending.runs.rate import rate_of
from sending.runs.windows import Openings, QuietSpan, load_quiet_hours, sending_times
from texts.forbidden import ForbiddenWords

log = logging.getLogger(__name__)


class AccountRow(NamedTuple):
    """The columns of an account that operators may change while its lane runs."""

    account_id: int
    state: str
    name: str
    egress_id: int | None
    min_interval: float
    per_minute: int | None
    per_hour: int | None
    per_day: int | None
    warm_up_limit: int | None


class PolledMessages:
    """Answers of inboxes that are not stored yet: lanes put them, the inbox rounds take them."""

    def __init__(self) -> None:
        self._waiting: deque[Polled] = deque()
        #: Set when an answer was put.
        self.has_new = local.new_event()

    def put(self, polled: Polled) -> None:
        """Keep an answer until the inbox rounds store it."""
        self._waiting.append(polled)
        self.has_new.set()

    def take(self) -> list[Polled]:
        """Remove and return all answers, oldest first."""
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def put_back(self, polled: list[Polled]) -> None:
        """Put answers that could not be stored back at the front."""
        self._waiting.extendleft(reversed(polled))


class LaneContext:
    """The shared state of the lanes of one worker process.

    Args:
        worker: the worker's row.
        ledger: its ledger.
        gateway: its watch over the gateway.
        lanes: the ids of the accounts that have a lane in this process: a live view.
        wake_lanes: ends the wait of every lane, so that it checks what changed.
        capacity: the largest number of lanes at the same time, or None for no limit.

    Attributes:
        runs: the running runs, by id.
        runs_changed: how often a run began, resumed, or got another rate, priority or list of
            forbidden words, or its rest, since this process started.
        rate_turns: the lanes' turns in the runs' own rates.
        login_turns: their turns to log in and out.
        login_steps: what their logins ask of the database, many at once.
        closings: hands back the leases of lanes that end, many at once.
        policies: the result policies in force.
        is_draining: whether every lane must end before its next message.
        polled: answers of inboxes that are not stored yet.
        unreturned_leases: calls that hand back leases; they failed because the database was away.
    """

    def __init__(
        self,
        *,
        worker: Worker,
        ledger: Ledger,
        gateway: GatewayWatch,
        lanes: Collection[int],
        wake_lanes: Callable[[], None],
        capacity: int | None = None,
    ) -> None:
        self.lanes = lanes
        self._wake_lanes = wake_lanes
        self._capacity = capacity
        self.runs: dict[int, RunBrief] = {}
        self.runs_changed = 0
        self.rate_turns = RateTurns()
        self.login_turns = LoginTurns()
        self.login_steps = LoginSteps()
        self.closings = Closings()
        self.policies = PolicyTable()
        self.is_draining = False
        self.polled = PolledMessages()
        self.unreturned_leases: list[Callable[[], None]] = []
        self._limits: dict[int, Limits] = {}
        self._reads = count(1)
        #: The number of the read whose result is in use, and when it began.
        self._runs_read, self._runs_read_at = 0, float("-inf")
        self._quiet: tuple[QuietSpan, ...] = ()
        self._words = WatchedWords()
        self.set_worker(worker, ledger, gateway)

    def set_worker(self, worker: Worker, ledger: Ledger, gateway: GatewayWatch) -> None:
        """Use this worker from now on: at the start, and after this process was presumed dead."""
        self.worker = worker
        self.egress: Egress = worker.egress
        self.ledger = ledger
        self.gateway = gateway

    @property
    def has_room(self) -> bool:
        """Whether another lane would fit: then no account waits for a lane to hand back."""
        return self._capacity is None or len(self.lanes) < self._capacity

    @property
    def replay_window(self) -> float:
        """How long the gateway remembers a SEQ, seconds; 0 if QQ_GATEWAY_TRUSTS_SEQ is off."""
        return settings.QQ_GATEWAY_REPLAY_WINDOW if settings.QQ_GATEWAY_TRUSTS_SEQ else 0.0

    def new_client(self) -> GatewayClient:
        """Return a client for one account, bound to this worker's egress."""
        return GatewayClient(
            settings.QQ_GATEWAY_URL,
            source_address=self.egress.source_address or None,
            proxy=self.egress.proxy or None,
            connect_timeout=settings.QQ_CONNECT_TIMEOUT,
            read_timeout=settings.QQ_READ_TIMEOUT,
        )

    # --- limits -------------------------------------------------------------------------------

    def limits_of(self, account: Account) -> Limits:
        """Return the limits that operators set for an account, its egress and the gateway."""
        limits = self._limits.get(account.pk)
        if limits is None:
            limits = self._limits[account.pk] = self._limits_from(account)
        return limits

    def set_limits(self, row: AccountRow) -> None:
        """Replace an account's limits by those of its row."""
        self._limits[row.account_id] = self._limits_from(row)

    def drop_limits_without_lane(self) -> None:
        """Drop the limits of accounts that have no lane any more."""
        for account_id in self._limits.keys() - set(self.lanes):
            self._limits.pop(account_id, None)

    def _limits_from(self, of: Account | AccountRow) -> Limits:
        return Limits(
            of.min_interval,
            of.per_minute,
            of.per_hour,
            daily_limit(of.per_day, of.warm_up_limit),
            self.egress.per_second,
            settings.QQ_GATEWAY_PER_SECOND or None,
        )

    # --- runs ---------------------------------------------------------------------------------

    def open_runs(self, at: datetime) -> list[RunBrief]:
        """Return the runs that may send at a moment of the wall clock."""
        return [run for run in self.runs.values() if run.is_open(at)]

    def read_runs(self) -> None:
        """Read the running runs and what limits them; wake the lanes if any of it changed.

        A run whose text is refused (after an upgrade, for example) is stopped with the reason.
        """
        began = next(self._reads)
        began_at = local.elapsed()
        running = {run.pk: run for run in Run.objects.running()}
        quiet = load_quiet_hours()
        forbidden = self._words.current()
        new = self._new_briefs(running, quiet=quiet, forbidden=forbidden)
        # Of two reads at the same time, the one that began first may end last. It knows less: it
        # must not remove a run that has begun since. Nothing below waits for anything.
        if began < self._runs_read:
            return
        self._runs_read, self._runs_read_at = began, began_at
        if quiet != self._quiet:
            self._quiet = quiet
            self._renew_openings(running)
        for run_id, known in self.runs.items():
            if known.forbidden is not forbidden:
                self.runs[run_id] = replace(known, forbidden=forbidden)
                self.runs_changed += 1  # what lanes have rendered may hold such a word
        for run_id in new.keys() - self.runs.keys():
            self.runs[run_id] = new[run_id]
            self.runs_changed += 1
        gone = self.runs.keys() - running.keys()
        for run_id in gone:
            self.runs.pop(run_id, None)
            self.rate_turns.forget(run_id)
        has_changed = [self._renew(running[run_id]) for run_id in self.runs]
        if gone or any(has_changed):
            self._wake_lanes()

    def _new_briefs(
        self,
        running: Mapping[int, Run],
        *,
        quiet: tuple[QuietSpan, ...],
        forbidden: ForbiddenWords | None,
    ) -> dict[int, RunBrief]:
        """Return the briefs of runs new to the lanes; stop those whose text is refused."""
        new: dict[int, RunBrief] = {}
        for run_id in running.keys() - self.runs.keys():
            try:
                new[run_id] = brief(running[run_id], quiet=quiet, forbidden=forbidden)
            except Refusal as problem:
                log.error("Run %s stops: its text is refused (%s).", run_id, problem.code)
                stop_run(run_id=run_id, sentence=problem.sentence)
        return new

    def _renew(self, run: Run) -> bool:
        """Apply a changed pace, or the end of holding, to a known run; return whether any did."""
        known = self.runs[run.pk]
        now = (run.per_minute, run.priority, run.holds_back)
        if (known.per_minute, known.priority, known.holds_rest) == now:
            return False
        self.runs[run.pk] = replace(
            known, rate=rate_of(run), priority=run.priority, holds_rest=run.holds_back
        )
        self.rate_turns.forget(run.pk)
        self.runs_changed += 1
        return True

    def _renew_openings(self, running: Mapping[int, Run]) -> None:
        """Apply changed quiet hours to the known runs; lanes check them before their next mark."""
        for run_id in running.keys() & self.runs.keys():
            run = running[run_id]
            openings = Openings(sending_times(run, quiet=self._quiet), deadline=run.deadline_at)
            self.runs[run_id] = replace(self.runs[run_id], openings=openings)
        self._wake_lanes()

    def refresh_runs(self, *, since: float) -> None:
        """Read the runs unless that was done since a moment.

        A wake-up is sent after its run began. A read that began after the wake-up came knows the
        run; one from a moment before may not, and the lane would end without a message.

        Args:
            since: the moment, on `clocks.local.elapsed`.
        """
        if self._runs_read_at < since:
            self.read_runs()

    # --- leases -------------------------------------------------------------------------------

    def return_lease_later(self, hand_back: Callable[[], None]) -> None:
        """Hand a lease back as soon as the database answers again.

        Otherwise this worker would hold the lease without a lane, and no wake-up could open one.

        Args:
            hand_back: does it; raises a database error if it fails again.
        """
        self.unreturned_leases.append(hand_back)

    def return_pending_leases(self) -> None:
        """Hand back the leases that wait for the database; on an error the rest stay queued."""
        while self.unreturned_leases:
            self.unreturned_leases[0]()
            del self.unreturned_leases[0]
