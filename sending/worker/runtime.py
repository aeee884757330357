"""The runtime of one worker process: its row, its ledger, its lanes and its control loop.

The control loop writes the worker's heartbeat and passes operators' changes on to the lanes every
half second: which runs are running, how fast each account may send, whether it may send at all, and
the result policies.
"""

from __future__ import annotations

import logging
import os
import threading
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F

from accounts.leases.leases import free_forgotten_leases
from accounts.leases.workers import end_worker, prove_alive, register_worker
from accounts.models import Worker
from accounts.querysets.worker import HEARTBEAT_SECONDS
from accounts.wake_ups import wake_reconciler
from clocks import local, shared
from foundation.sentences import Sentence as _
from metrics.catalogue import LANES_OPEN, LANES_SENDING, LANES_WAITING, PACE_ALLOWED
from metrics.publishing import publish
from sending.lanes.context import AccountRow, LaneContext
from sending.lanes.gateway_watch import GatewayWatch
from sending.lanes.lane import Lane
from sending.ledger.ledger import Ledger
from sending.models import Attempt
from sending.policies import load_policies
from sending.states import DeliveryState
from sending.worker.control_reads import (
    account_rows,
    background_tasks,
    read_egress_again,
    urgent_tasks,
)
from sending.worker.inbox_rounds import InboxRounds
from sending.worker.openings import Openings

log = logging.getLogger(__name__)

#: The interval at which changes are passed on to the lanes, seconds.
CONTROL_SECONDS = 0.5
#: A lease held without a lane, or an attempt open, for longer than this may be forgotten, seconds.
FORGOTTEN_SECONDS = 10.0
#: How long lanes may take to hand back after SIGTERM, seconds; less than the supervisor waits.
DRAIN_SECONDS = 12.0
#: How long the last results may take to be written after that, seconds.
LAST_RESULTS_SECONDS = 2.0


class Runtime:
    """The runtime of one worker process.

    Args:
        version: the version of the code, for the worker's row.
        capacity: the largest number of lanes at the same time, or None for no limit.

    Attributes:
        lanes: the lanes by account id.
        context: the lanes' shared state.
        openings: takes the leases of lanes that open.
        inbox: the inbox rounds.
    """

    def __init__(self, *, version: str, capacity: int | None = None) -> None:
        self._version = version
        self.lanes: dict[int, Lane] = {}
        self._drain_ends_at = 0.0
        self._stop = local.new_event()
        # First, so that no row is dated by a guess of the time (clocks/shared.py).
        shared.observe()
        worker, ledger, gateway = self._register(is_new_process=True)
        self.context = LaneContext(
            worker=worker,
            ledger=ledger,
            gateway=gateway,
            lanes=self.lanes.keys(),
            wake_lanes=self.wake_all,
            capacity=capacity,
        )
        self.openings = Openings(self.context)
        self.inbox = InboxRounds(self.context)
        self._thread: threading.Thread | None = None

    def _register(self, *, is_new_process: bool) -> tuple[Worker, Ledger, GatewayWatch]:
        worker = register_worker(
            egress_name=settings.EGRESS_NAME,
            source_address=settings.EGRESS_SOURCE_ADDRESS,
            proxy=settings.EGRESS_PROXY,
            version=self._version,
            is_new_process=is_new_process,
        )
        ledger = Ledger(worker_id=worker.pk)
        ledger.start()
        return worker, ledger, GatewayWatch(egress_id=worker.egress.pk, on_return=self.wake_all)

    def start(self) -> None:
        """Start the control loop and the inbox rounds."""
        self.context.policies = load_policies()
        self._update_lanes()
        self._thread = local.start_thread(self._control, name="control")
        self.inbox.start()

    def drain(self) -> None:
        """Ask all lanes to stop before their next message.

        Lanes that wait for an answer (a penalty takes 20 seconds) get up to DRAIN_SECONDS: see
        `_exit_early`.
        """
        if not self.context.is_draining:
            self.context.is_draining = True
            self._drain_ends_at = local.elapsed() + DRAIN_SECONDS
        self.wake_all()

    def close(self) -> None:
        """Write what is queued and end the worker's row, so that its accounts are free at once."""
        self.drain()
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.inbox.close(patience=max(0.0, self._drain_ends_at - local.elapsed()))
        self.context.gateway.record_again()
        left = max(0.0, self._drain_ends_at - local.elapsed())
        self.context.ledger.close(patience=left + LAST_RESULTS_SECONDS)
        self._publish_figures()
        end_worker(worker_id=self.context.worker.pk, reason=_("stopped"))
        connection.close()
        wake_reconciler()

    def _exit_early(self) -> None:
        """End this process although some lanes still wait for an answer: the drain took too long.

        Their attempts stay open. The next lanes of these accounts settle them under the same SEQs.
        """
        log.warning("Exiting while %d accounts still wait for an answer.", len(self.lanes))
        try:
            self.inbox.close(patience=0.0)
            self.context.ledger.close(patience=LAST_RESULTS_SECONDS)
            end_worker(
                worker_id=self.context.worker.pk, reason=_("stopped before every answer had come")
            )
            wake_reconciler()
        except Exception as problem:  # no database: the worker that comes next ends our row
            log.warning("The worker's end cannot be written: %s", type(problem).__name__)
        finally:
            os._exit(0)  # a greenlet that waits for the gateway cannot be ended otherwise

    def wake_all(self) -> None:
        """End every lane's wait, so that it checks what changed."""
        for lane in list(self.lanes.values()):
            lane.pacing.wake.set()

    # --- the control loop ---------------------------------------------------------------------

    def _control(self) -> None:
        heartbeat_at = float("-inf")
        searched_at = local.elapsed()
        while not self._stop.wait(CONTROL_SECONDS):
            now = local.elapsed()
            try:
                if self.context.is_draining and now > self._drain_ends_at:
                    self._exit_early()
                if now - heartbeat_at >= HEARTBEAT_SECONDS:
                    heartbeat_at = now
                    shared.observe()
                    self.context.gateway.record_again()
                    if (
                        not prove_alive(worker_id=self.context.worker.pk)
                        or self.context.ledger.is_fenced_off
                    ):
                        self._start_over()
                    self._publish_figures()
                self.context.policies = load_policies()
                self._read_egress()
                self.context.return_pending_leases()
                if now - searched_at >= FORGOTTEN_SECONDS:
                    searched_at = now
                    self._find_forgotten_attempts()
                    free_forgotten_leases(
                        worker_id=self.context.worker.pk,
                        active=[
                            *self.lanes,
                            *self.openings.in_progress,
                            *self.inbox.in_progress,
                        ],
                        seconds=FORGOTTEN_SECONDS,
                    )
                self._update_lanes()
            except (DatabaseError, InterfaceError) as problem:
                log.warning("The control loop cannot read: %s", type(problem).__name__)
                connection.close()
            except Exception:
                # The loop must continue: a worker without heartbeats is presumed dead.
                log.exception("The control loop met an unexpected error.")
                connection.close()
        connection.close()

    def _publish_figures(self) -> None:
        lanes = list(self.lanes.values())
        LANES_OPEN.set(len(lanes))
        LANES_SENDING.set(sum(lane.sender.is_asking for lane in lanes))
        LANES_WAITING.set(sum(lane.pacing.is_waiting for lane in lanes))
        PACE_ALLOWED.set(sum(lane.pacing.most_per_second for lane in lanes))
        publish()

    def _find_forgotten_attempts(self) -> None:
        """Tell the lanes of attempts that have been open for a while and may be unknown to them.

        Such attempts come from a commit whose answer was lost, or a lane that died while the
        database was away. They are found long before the gateway forgets their SEQs.
        """
        long_ago = shared.now() - timedelta(seconds=FORGOTTEN_SECONDS)
        open_ones = Attempt.objects.filter(
            finished_at=None,
            marked_at__lt=long_ago,
            delivery__state=DeliveryState.SENDING,
            delivery__account__lease__worker=self.context.worker,
            delivery__seq=F("seq"),
        )
        for account_id, seq in open_ones.order_by().values_list("account_id", "seq"):
            lane = self.lanes.get(account_id)
            if lane is not None:
                lane.note_open_attempt(seq)

    def _start_over(self) -> None:
        """Continue as a new worker: this one was presumed dead, and its leases are gone."""
        log.warning(
            "Worker %s was presumed dead: its lanes stop, it starts over.", self.context.worker.pk
        )
        fenced = self.context.ledger
        for lane in list(self.lanes.values()):
            lane.lose_lease()
        self.context.set_worker(*self._register(is_new_process=False))
        for step in (fenced.close, wake_reconciler):
            local.start_thread(step, name="starting over")  # the control loop must not wait

    def _update_lanes(self) -> None:
        self.context.read_runs()
        # A row is passed on only if it changed.
        for values in account_rows(self.context.worker.pk):
            lane = self.lanes.get(values[0])
            if lane is not None and lane.last_row != values:
                row = AccountRow(*values)
                self.context.set_limits(row)
                lane.update_account(
                    row, is_bound_elsewhere=row.egress_id not in (None, self.context.egress.pk)
                )
        self.context.drop_limits_without_lane()
        self._announce_account_tasks()

    def _announce_account_tasks(self) -> None:
        worker_id, now = self.context.worker.pk, shared.now()
        for account_id, account_task_id in urgent_tasks(worker_id, now):
            lane = self.lanes.get(account_id)
            if lane is not None:
                lane.note_account_task(account_task_id)
        for account_id, is_for_idle in background_tasks(worker_id, now):
            lane = self.lanes.get(account_id)
            if lane is not None:
                lane.note_background_task(is_for_idle=is_for_idle)

    def _read_egress(self) -> None:
        egress = self.context.egress
        ceiling = egress.per_second
        read_egress_again(egress)
        if egress.per_second != ceiling:
            for lane in list(self.lanes.values()):
                lane.last_row = None  # the ceiling is part of each lane's limits: pass them on


_runtime: Runtime | None = None


def start_runtime(*, version: str, capacity: int | None = None) -> Runtime:
    """Start this process's runtime."""
    global _runtime
    _runtime = Runtime(version=version, capacity=capacity)
    _runtime.start()
    return _runtime


def current_runtime() -> Runtime | None:
    """Return this process's runtime, or None in a process without lanes (the jobs worker)."""
    return _runtime


def stop_runtime() -> None:
    """Stop this process's runtime, if it has one."""
    global _runtime
    if _runtime is not None:
        _runtime.close()
        _runtime = None
