"""The runtime of one worker process: its row, its ledger, its lanes, and the loop that tends them.

The loop is what makes every change hold within a second: it proves that the worker lives, and
tells the lanes what operators changed: which runs run, how fast each account may send, and
whether it may send at all.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F

from accounts.models import Account, Egress, Errand, ErrandState, Worker
from accounts.querysets.worker import HEARTBEAT_SECONDS
from accounts.services.hints import wake_reconciler
from accounts.services.leases import return_forgotten
from accounts.services.pace import Limits
from accounts.services.result_policies import PolicyTable, load_policies
from accounts.services.workers import announce_worker, end_worker, prove_alive
from campaigns.engine.feed import RunBrief, brief
from campaigns.engine.gateway_watch import GatewayWatch
from campaigns.engine.inbox import InboxRounds
from campaigns.engine.ledger import Ledger
from campaigns.models import Attempt, Run
from campaigns.services.breakers import stop_run
from campaigns.states import DeliveryState
from clocks import local, shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from qqhttp import GatewayClient

if TYPE_CHECKING:
    from campaigns.engine.lane import Lane

log = logging.getLogger(__name__)

#: How often the lanes hear what operators changed, seconds.
CONTROL_SECONDS = 0.5
#: How often the policies are read again, seconds.
POLICY_SECONDS = 2.0
#: How long a lease may be held without a lane before it is taken for forgotten, seconds.
FORGOTTEN_SECONDS = 10.0
#: How long lanes may take to hand back after a TERM, seconds. Less than the supervisor's grace.
DRAIN_SECONDS = 12.0
#: How old what is known of the runs may be when a lane starts, seconds.
FRESH_RUNS_SECONDS = 0.1


class AccountRow(NamedTuple):
    """What operators may change of an account while its lane runs."""

    account_id: int
    state: str
    name: str
    egress_id: int | None
    min_interval: float
    per_minute: int | None
    per_hour: int | None
    per_day: int | None


class Runtime:
    """One a worker process.

    Args:
        version: of the code, for the worker's row.
        capacity: how many lanes fit in at the same time, or None when nobody counts.
    """

    def __init__(self, *, version: str, capacity: int | None = None) -> None:
        self.version = version
        self._capacity = capacity
        self.lanes: dict[int, Lane] = {}
        self.runs: dict[int, RunBrief] = {}
        #: How many runs began, or went on, since this process started.
        self.runs_begun = 0
        self.policies = PolicyTable()
        self.is_draining = False
        self._leave_at = 0.0
        self._limits: dict[int, Limits] = {}
        self._unreturned: list[Callable[[], None]] = []
        self._runs_read_at = float("-inf")
        self._stop = local.new_event()
        self._announce()
        self.inbox = InboxRounds(self)
        self._thread: threading.Thread | None = None

    def _announce(self) -> None:
        self.worker: Worker = announce_worker(
            egress_name=settings.EGRESS_NAME,
            source_address=settings.EGRESS_SOURCE_ADDRESS,
            proxy=settings.EGRESS_PROXY,
            version=self.version,
        )
        self.egress: Egress = self.worker.egress
        self.ledger = Ledger(worker_id=self.worker.pk)
        self.ledger.start()
        self.gateway = GatewayWatch(egress_id=self.egress.pk, on_return=self.wake_all)

    def start(self) -> None:
        """Begin to prove alive and to tell the lanes."""
        shared.observe()
        self._tend()
        self._thread = local.start_thread(self._control, name="control")
        self.inbox.start()

    def drain(self) -> None:
        """Ask all lanes to stop before their next message.

        Those whose request the gateway holds (its penalty is 20 seconds) are waited for, but not
        longer than DRAIN_SECONDS: see `_leave`.
        """
        if not self.is_draining:
            self.is_draining = True
            self._leave_at = local.elapsed() + DRAIN_SECONDS
        self.wake_all()

    def close(self) -> None:
        """Write what is left and end the worker's row, so that its accounts pass on at once."""
        self.drain()
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.inbox.close(patience=max(0.0, self._leave_at - local.elapsed()))
        self.ledger.close()
        end_worker(worker_id=self.worker.pk, reason=_("stopped"))
        connection.close()
        wake_reconciler()

    def _leave(self) -> None:
        """End this process though some lanes still wait for an answer: somebody wants it gone.

        Their attempts stay open, and are settled under the same SEQ by whoever comes next.
        """
        log.warning("Leaving %d accounts that wait for an answer to the next.", len(self.lanes))
        self.inbox.close(patience=0.0)
        self.ledger.close()
        end_worker(worker_id=self.worker.pk, reason=_("stopped before every answer had come"))
        wake_reconciler()
        os._exit(0)  # nothing softer ends a greenlet that waits for the gateway

    def wake_all(self) -> None:
        """Make every waiting lane look around."""
        for lane in list(self.lanes.values()):
            lane.tempo.wake.set()

    @property
    def has_room(self) -> bool:
        """Whether another lane would fit in: then none waits for a lane to hand back."""
        return self._capacity is None or len(self.lanes) < self._capacity

    @property
    def replay_window(self) -> float:
        """How long the gateway remembers a SEQ, seconds; 0 when that is not trusted."""
        return settings.QQ_GATEWAY_REPLAY_WINDOW if settings.QQ_GATEWAY_TRUSTS_SEQ else 0.0

    def new_client(self) -> GatewayClient:
        """Return a client for one account, bound to this process's egress."""
        return GatewayClient(
            settings.QQ_GATEWAY_URL,
            source_address=self.egress.source_address or None,
            proxy=self.egress.proxy or None,
            connect_timeout=settings.QQ_CONNECT_TIMEOUT,
            read_timeout=settings.QQ_READ_TIMEOUT,
        )

    def limits_of(self, account: Account) -> Limits:
        """Return what the operator allows an account now."""
        limits = self._limits.get(account.pk)
        if limits is None:
            limits = self._limits[account.pk] = self._limits_from(
                account.min_interval, account.per_minute, account.per_hour, account.per_day
            )
        return limits

    def _limits_from(
        self, gap: float, per_minute: int | None, per_hour: int | None, per_day: int | None
    ) -> Limits:
        return Limits(
            gap,
            per_minute,
            per_hour,
            per_day,
            self.egress.per_second,
            settings.QQ_GATEWAY_PER_SECOND or None,
        )

    # --- the loop -----------------------------------------------------------------------------

    def _control(self) -> None:
        heartbeat_at = policies_at = float("-inf")
        looked_at = local.elapsed()
        while not self._stop.wait(CONTROL_SECONDS):
            now = local.elapsed()
            try:
                if self.is_draining and now > self._leave_at:
                    self._leave()
                if now - heartbeat_at >= HEARTBEAT_SECONDS:
                    heartbeat_at = now
                    shared.observe()
                    if not prove_alive(worker_id=self.worker.pk) or self.ledger.is_fenced_off:
                        self._start_over()
                if now - policies_at >= POLICY_SECONDS:
                    policies_at = now
                    self.policies = load_policies()
                    self._read_egress()
                self._return_what_is_left()
                if now - looked_at >= FORGOTTEN_SECONDS:
                    looked_at = now
                    self._find_forgotten_attempts()
                    return_forgotten(
                        worker_id=self.worker.pk,
                        active=[*self.lanes, *self.inbox.asked],
                        seconds=FORGOTTEN_SECONDS,
                    )
                self._tend()
            except (DatabaseError, InterfaceError) as problem:
                log.warning("The control loop cannot read: %s", type(problem).__name__)
                connection.close()
            except Exception:
                # It must go on: a worker that stops proving alive is presumed dead.
                log.exception("The control loop met something unexpected.")
                connection.close()
        connection.close()

    def _find_forgotten_attempts(self) -> None:
        """Tell lanes of attempts that have been open for a while and that they may not know of.

        Whatever left one like that (a commit whose answer was lost, a lane that died while the
        database was away), it is asked about well inside the gateway's memory.
        """
        long_ago = shared.now() - timedelta(seconds=FORGOTTEN_SECONDS)
        open_ones = Attempt.objects.filter(
            finished_at=None,
            marked_at__lt=long_ago,
            delivery__state=DeliveryState.SENDING,
            delivery__account__lease__worker=self.worker,
            delivery__seq=F("seq"),
        )
        for account_id, seq in open_ones.order_by().values_list("account_id", "seq"):
            lane = self.lanes.get(account_id)
            if lane is not None:
                lane.look_for_open(seq)

    def _start_over(self) -> None:
        """This worker was presumed dead. It is not, but its leases are gone: begin as a new one."""
        log.warning("Worker %s was presumed dead: its lanes stop, it starts over.", self.worker.pk)
        fenced = self.ledger
        for lane in list(self.lanes.values()):
            lane.lose_lease()
        self._announce()
        for errand in (fenced.close, wake_reconciler):
            local.start_thread(errand, name="starting over")  # this loop waits for nothing

    def _tend(self) -> None:
        self._read_runs()
        # By the leases, not by naming them: thousands of lanes would be thousands of values, twice
        # a second. What a row says is looked at only when it says something else.
        rows = Account.objects.filter(lease__worker=self.worker).values_list(
            "pk", *AccountRow._fields[1:]
        )
        for values in rows.order_by():
            lane = self.lanes.get(values[0])
            if lane is not None and lane.seen != values:
                row = AccountRow(*values)
                self._limits[row.account_id] = self._limits_from(
                    row.min_interval, row.per_minute, row.per_hour, row.per_day
                )
                lane.hear(row, is_bound_elsewhere=row.egress_id not in (None, self.egress.pk))
        for account_id in self._limits.keys() - self.lanes.keys():
            self._limits.pop(account_id, None)
        self._tell_of_errands()

    def _tell_of_errands(self) -> None:
        asked = Errand.objects.filter(account__lease__worker=self.worker, state=ErrandState.OPEN)
        for account_id, errand_id in asked.order_by("pk").values_list("account_id", "pk"):
            lane = self.lanes.get(account_id)
            if lane is not None:
                lane.look_up(errand_id)

    def _read_egress(self) -> None:
        ceiling = self.egress.per_second
        self.egress.refresh_from_db()
        if self.egress.per_second != ceiling:
            for lane in list(self.lanes.values()):
                lane.seen = None  # it is part of every lane's limits

    def _read_runs(self) -> None:
        self._runs_read_at = local.elapsed()
        running = {run.pk: run for run in Run.objects.running()}
        for run_id in running.keys() - self.runs.keys():
            try:
                self.runs[run_id] = brief(running[run_id])
            except Refusal as problem:  # its text compiled when it was made, and does no more
                log.error("Run %s stops: its text is refused (%s).", run_id, problem.code)
                stop_run(run_id=run_id, sentence=problem.sentence)
            else:
                self.runs_begun += 1
        gone = self.runs.keys() - running.keys()
        for run_id in gone:
            self.runs.pop(run_id, None)
        if gone:
            self.wake_all()

    def refresh_runs(self) -> None:
        """Read the runs now: a lane woken for a run that started a moment ago must find it."""
        if local.elapsed() - self._runs_read_at > FRESH_RUNS_SECONDS:
            self._read_runs()

    def return_later(self, hand_back: Callable[[], None]) -> None:
        """Hand a lease back once the database answers again.

        A lease that a living worker holds without a lane would never be woken for.
        """
        self._unreturned.append(hand_back)

    def _return_what_is_left(self) -> None:
        while self._unreturned:
            self._unreturned[0]()
            del self._unreturned[0]


_runtime: Runtime | None = None


def start_runtime(*, version: str, capacity: int | None = None) -> Runtime:
    """Start this process's runtime."""
    global _runtime
    _runtime = Runtime(version=version, capacity=capacity)
    _runtime.start()
    return _runtime


def current_runtime() -> Runtime | None:
    """Return this process's runtime, or None where no lanes run (the jobs worker)."""
    return _runtime


def stop_runtime() -> None:
    """Stop this process's runtime, if it has one."""
    global _runtime
    if _runtime is not None:
        _runtime.close()
        _runtime = None
