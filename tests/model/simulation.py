"""One history: processes of the real engine, its database, the gateway, in virtual time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.db import DatabaseError, InterfaceError
from greenlet import GreenletExit

from accounts import wake_ups
from accounts.gateway.conversation import Conversation
from accounts.leases import workers
from accounts.models import Account
from accounts.pacing import pace
from campaigns.planning.reroute import reroute_stopped_accounts
from clocks import local, shared
from sending.lanes.permit import SendPermit
from sending.ledger import ledger as ledger_module
from sending.models import Delivery
from sending.policies import PolicyTable, load_policies
from sending.reconcile import reconcile
from sending.states import OPEN_DELIVERY_STATES
from sending.wake_ups import wake as wake_module
from sending.worker import runtime as runtime_module
from sending.worker.open_lane import run_lane_for
from tests.model.client import Network
from tests.model.database import Database
from tests.model.fake_redis import ModelRedis
from tests.model.fault_periods import FaultPeriods
from tests.model.gateway import Gateway
from tests.model.initial_data import make_initial_data
from tests.model.invariants import Invariants
from tests.model.model_runtime import Host, ModelRuntime
from tests.model.open_attempts import check_open_attempts
from tests.model.scheduler import START, Process, Scheduler

WINDOW_SECONDS = 600.0
#: How often the open attempts are checked.
CHECK_SECONDS = 60.0
#: How often the jobs worker reconciles (half as often as in the product, because it is slow), how
#: often it presumes workers dead, and how long a wake-up travels, seconds.
RECONCILE_SECONDS, PRESUME_SECONDS, WAKE_SECONDS = 10.0, 5.0, 0.02
#: Finds something for the reconciler to do. The product's own queries are much longer.
_IDLE_ACCOUNT = """
SELECT 1 FROM accounts_lease l LEFT JOIN accounts_worker w ON w.id = l.worker_id
 WHERE (l.worker_id IS NULL OR w.ended_at IS NOT NULL) AND EXISTS (
       SELECT 1 FROM sending_delivery d JOIN sending_run r ON r.id = d.run_id
        WHERE d.account_id = l.account_id
          AND (d.state = 'sending' OR d.state = 'pending' AND r.state = 'running'))
"""
_SILENT_WORKER = "SELECT 1 FROM accounts_worker WHERE ended_at IS NULL AND heartbeat_at < ?"
_SHARED = ("now", "earliest", "wall", "as_wall", "from_wall", "observe")


class Simulation:
    """Everything that takes part in one history. Use it as a context manager."""

    def __init__(self) -> None:
        self.time = Scheduler()
        self.wall_step = 0.0
        self.fault_periods = FaultPeriods()
        self.invariants = Invariants(self.time, WINDOW_SECONDS)
        self.redis = ModelRedis()
        self.operator = Host("operator")
        self.jobs = Host("jobs")
        self.workers: list[Host] = []
        self._woken = 0
        self._policy_table: PolicyTable | None = None
        self.gateway = Gateway(
            window=WINDOW_SECONDS,
            now=lambda: self.time.now,
            call_at=self.time.call_at,
            note_fault=self.fault_periods.note,
            on_delivery=self.invariants.delivers,
        )
        self.network = Network(self.time, self.gateway, self.invariants)
        self._undo: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> Simulation:
        self._patch()
        self.database = Database(self.time, make_initial_data)
        self.time.may_switch = lambda: not self.database.is_in_transaction  # type: ignore[method-assign]
        self.time.on_freeze = self._note_freeze  # type: ignore[method-assign]
        self.time.guard = self._guard  # type: ignore[method-assign]
        self._start_jobs()
        return self

    def __exit__(self, *_details: object) -> None:
        self.time.is_closing = True
        try:
            for process in [*self.workers, self.jobs]:
                self.time.kill(process)
        finally:
            self.database.restore()
            for owner, name, value in reversed(self._undo):
                setattr(owner, name, value)

    # --- replacing clocks, threads, hosts, Redis and Celery ------------------------------------

    def _replace(self, owner: Any, name: str, value: Any) -> None:
        self._undo.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def _patch(self) -> None:
        time = self.time
        for name in ("elapsed", "sleep", "new_event", "start_thread"):
            self._replace(local, name, getattr(time, name))
        self._replace(local, "host_wall", self.wall)
        self._replace(local, "boot_identity", lambda: f"boot of {self._current_host().name}")
        for name in _SHARED:
            self._replace(shared, name, self._by_clock(name))
        host = SimpleNamespace(gethostname=lambda: self._current_host().name)
        self._replace(workers, "socket", host)
        self._replace(shared, "socket", host)
        for module in (ledger_module, runtime_module):
            self._replace(module, "os", SimpleNamespace(_exit=self._exit, EX_SOFTWARE=70))
        # An idle ledger checks less often: half of all switches between fibers were for that.
        self._replace(ledger_module, "RESULT_WAIT_SECONDS", 0.2)
        self._replace(runtime_module, "load_policies", self._policies)
        self._replace(pace, "live", lambda: self.redis)
        self._replace(wake_ups, "publish", self._publish)
        self._replace(wake_module, "publish", self._publish)
        self._watch_leases()
        handler = _ErrorHandler(self)
        logger = logging.getLogger("sending")
        self._replace(logger, "handlers", [handler])
        self._replace(logger, "propagate", False)
        self._replace(logger, "level", logging.ERROR)
        self._replace(logging.getLogger("clocks"), "level", logging.CRITICAL)

    def _policies(self) -> PolicyTable:
        if self._policy_table is None:
            self._policy_table = load_policies()
        return self._policy_table

    def _watch_leases(self) -> None:
        begin, mark = Conversation.__init__, SendPermit.mark
        invariants = self.invariants

        def begin_watched(conversation: Any, *, grant: Any, client: Any, **more: Any) -> None:
            client.token = grant.token
            begin(conversation, grant=grant, client=client, **more)

        def mark_watched(right: Any, **values: Any) -> bool:
            invariants.asks(id(right))
            is_granted = mark(right, **values)
            if not is_granted:
                invariants.refused(id(right))
            return is_granted

        self._replace(Conversation, "__init__", begin_watched)
        self._replace(SendPermit, "mark", mark_watched)

    def _current_host(self) -> Host:
        here = self.time.current
        return here if isinstance(here, Host) else self.operator

    def _by_clock(self, name: str) -> Callable[..., Any]:
        def ask(*arguments: Any) -> Any:
            return getattr(self._current_host().clock, name)(*arguments)

        return ask

    def wall(self) -> datetime:
        """Return the time of the database's clock."""
        return START + timedelta(seconds=self.time.now + self.wall_step)

    def _exit(self, status: int) -> None:
        process = self._current_host()
        if process.is_dead or self.time.is_closing:
            return
        if status:
            self.invariants.fail(f"{process.name} broke down")
        process.is_dead = True
        raise GreenletExit

    def _guard(self, work: Callable[[], None], name: str) -> None:
        try:
            work()
        except GreenletExit:
            raise
        except (DatabaseError, InterfaceError) as problem:
            if not name.startswith(("lane", "starting over", "start of")):
                self.invariants.fail(f"{name} died of {problem!r}")
            self.invariants.note(f"{name} died of {problem!r}")
        except BaseException as problem:
            self.invariants.fail(f"{name} died of {problem!r}")

    def _note_freeze(self, process: Process, seconds: float) -> None:
        self.fault_periods.note(self.time.now, self.time.now + seconds + 30.0)
        self.invariants.note(f"{process.name} is frozen for {seconds:g} s")

    # --- processes -----------------------------------------------------------------------------

    def _start_jobs(self) -> None:
        self._reconciler_wake_up = self.time.new_event()
        self.time.spawn(self.jobs, lambda: self._guard(self._reconcile_loop, "jobs"), "jobs")

    def _reconcile_loop(self) -> None:
        done_at = float("-inf")
        while True:
            is_woken = self._reconciler_wake_up.wait(PRESUME_SECONDS)
            self._reconciler_wake_up.clear()
            since = self.time.now - done_at
            is_needed = since >= RECONCILE_SECONDS and self.database.finds(_IDLE_ACCOUNT)
            try:
                if is_woken or is_needed or since >= 30 * RECONCILE_SECONDS:
                    done_at = self.time.now
                    reroute_stopped_accounts()
                    reconcile()
                elif self.database.finds(_SILENT_WORKER, self.silent_since()):
                    workers.presume_dead()
            except (DatabaseError, InterfaceError):
                self.database.wrapper.close()

    def silent_since(self) -> str:
        """Return the oldest heartbeat of a worker that is not presumed dead, in SQLite's format."""
        return str((START + timedelta(seconds=self.time.now - 12.0)).replace(tzinfo=None))

    def start_worker(self, *, name: str, shift: float = 0.0) -> Host:
        """Start a worker's process on a host."""
        host = Host(name, shift=shift)
        self.workers.append(host)
        self.time.spawn(host, lambda: self._guard(lambda: self._run(host), name), "main")
        return host

    def _run(self, host: Host) -> None:
        try:
            runtime = ModelRuntime(self.network, self.database)
            runtime.start()
            host.runtime = runtime
            wake_ups.wake_reconciler()
        except (DatabaseError, InterfaceError):
            # Its supervisor starts it again after a second.
            now = self.time.now
            self.time.call_at(now, lambda: self.kill(host))
            self.time.call_at(now + 1.0, lambda: self._start_again(host))

    def _start_again(self, host: Host) -> None:
        if not self.time.is_closing:
            self.start_worker(name=host.name, shift=host.shift)

    def kill(self, host: Host) -> None:
        """End a worker's process, as SIGKILL does."""
        self.invariants.note(f"{host.name} is killed")
        self.fault_periods.note(self.time.now, self.time.now + 40.0)
        self.time.kill(host)

    @property
    def living(self) -> list[Host]:
        """The workers whose processes run."""
        return [host for host in self.workers if not host.is_dead]

    def _publish(self, task: str, queue: str, calls: Sequence[tuple[float, ...]]) -> int:
        if task.endswith("reconcile"):
            self._reconciler_wake_up.set()
        elif task.endswith("run_lane"):
            for account_id, *_asked_at in calls:
                self.open_lane(int(account_id))
        return len(calls)

    def open_lane(self, account_id: int) -> None:
        """Deliver a wake-up to one of the workers; without a worker it is lost."""
        ready = [host for host in self.living if host.runtime is not None]
        if not ready:
            return
        self._woken += 1
        host = ready[self._woken % len(ready)]
        assert host.runtime is not None
        runtime = host.runtime

        def run() -> None:
            name = f"lane {account_id}"
            self._guard(lambda: run_lane_for(account_id=account_id, runtime=runtime), name)

        def begin() -> None:
            if not host.is_dead:
                self.time.spawn(host, run, "lane")

        self.time.call_at(self.time.now + WAKE_SECONDS, begin)

    # --- time ----------------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Let time pass; check the open attempts at intervals, and raise violations."""
        ends_at = self.time.now + seconds
        while True:
            self.time.run_until(min(ends_at, self.time.now + CHECK_SECONDS))
            check_open_attempts(self.invariants, self.fault_periods)
            self.raise_violations()
            if self.time.now >= ends_at:
                return

    def raise_violations(self) -> None:
        """Raise AssertionError with the first violations and the end of the log, if any."""
        if self.invariants.violations:
            log = "\n".join(self.invariants.log[-80:])
            raise AssertionError(f"{log}\n\n" + "\n".join(self.invariants.violations[:5]))

    @property
    def is_done(self) -> bool:
        """Whether no delivery is open."""
        return not Delivery.objects.filter(state__in=OPEN_DELIVERY_STATES).exists()

    def set_limits(self, account: Account, *, gap: float, per_minute: int | None) -> None:
        """Change an account's gap and limit, as an operator does."""
        Account.objects.filter(pk=account.pk).update(min_interval=gap, per_minute=per_minute)
        invariants = self.invariants
        invariants.gaps[account.uin] = min(gap, invariants.gaps.get(account.uin, gap))
        invariants.longest_gaps[account.uin] = max(gap, invariants.longest_gap(account.uin))
        before = invariants.most_a_minute.get(account.uin, per_minute)
        most = None if None in (before, per_minute) else max(before or 0, per_minute or 0)
        invariants.most_a_minute[account.uin] = most


class _ErrorHandler(logging.Handler):
    """Records a violation for each error that the engine logs."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(logging.ERROR)
        self._simulation = simulation

    def emit(self, record: logging.LogRecord) -> None:
        if self._simulation.time.is_closing or self._simulation._current_host().is_dead:
            return
        error = record.exc_info[1] if record.exc_info else ""
        self._simulation.invariants.fail(f"logged: {record.getMessage()} {error!r}")
