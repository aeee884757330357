"""The world of one history: processes of the real engine, its database, the gateway, and time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.db import DatabaseError, InterfaceError
from greenlet import GreenletExit

from accounts.models import Account
from accounts.services import hints, pace, workers
from accounts.services.conversation import Conversation
from accounts.services.result_policies import PolicyTable, load_policies
from campaigns.engine import ledger as ledger_module
from campaigns.engine import runtime as runtime_module
from campaigns.engine.lanes import run_lane_for
from campaigns.engine.right import RightToSend
from campaigns.engine.runtime import Runtime
from campaigns.models import Delivery
from campaigns.services import waking
from campaigns.services.planning import plan_run
from campaigns.services.reconciling import reconcile
from campaigns.states import OPEN_DELIVERY_STATES, RunState
from clocks import local, shared
from tests.campaigns.making import make_account, make_campaign, make_list, make_run
from tests.model.client import CONNECT_SECONDS, ModelClient
from tests.model.database import Database
from tests.model.fake_redis import ModelRedis
from tests.model.final_checks import check_open_attempts
from tests.model.gateway import Gateway
from tests.model.invariants import Checks
from tests.model.scheduler import Process, Scheduler

BASE = datetime(2026, 6, 1, tzinfo=UTC)
ACCOUNTS, FRIENDS = 3, 3
FIRST_ACCOUNT, FIRST_FRIEND = 20_001, 90_001
WINDOW_SECONDS = 600.0
#: How often what is open is looked at.
LOOK_SECONDS = 60.0
#: How often the jobs worker puts right if something changed (it is slow, and the ticks of the
#: product's are two times as many), how often it presumes workers dead, and how long a wake-up is
#: under way, seconds.
RECONCILE_SECONDS, PRESUME_SECONDS, WAKE_SECONDS = 10.0, 5.0, 0.02
#: The runs, by the first word of their texts.
RUNS = {"one": "one and the same", "two": "two {{ uin }}"}
#: What the jobs worker would find something to do about. The product asks in many more words.
_SOMEBODY_IS_IDLE = """
SELECT 1 FROM accounts_lease l LEFT JOIN accounts_worker w ON w.id = l.worker_id
 WHERE (l.worker_id IS NULL OR w.ended_at IS NOT NULL) AND EXISTS (
       SELECT 1 FROM campaigns_delivery d JOIN campaigns_run r ON r.id = d.run_id
        WHERE d.account_id = l.account_id
          AND (d.state = 'sending' OR d.state = 'pending' AND r.state = 'running'))
"""
_SOMEBODY_IS_SILENT = "SELECT 1 FROM accounts_worker WHERE ended_at IS NULL AND heartbeat_at < ?"
_SHARED = ("now", "earliest", "wall", "as_wall", "observe")


class ModelRuntime(Runtime):
    """The product's runtime, whose clients talk to the model's gateway."""

    world: World

    def new_client(self) -> Any:
        """Return a client of the model's gateway."""
        return ModelClient(self.world)

    # What follows reads rows twice a second to find that nobody changed any. Here it is known.

    _tended: object = None
    _policies_read: object = None

    def _tend(self) -> None:
        database, lanes = self.world.database, frozenset(map(id, self.lanes.values()))
        state = (database.version, lanes)
        if self._tended == state and database.is_well:
            self._runs_read_at = local.elapsed()
            return
        super()._tend()
        self._tended = state

    def _read_egress(self) -> None:
        if self._policies_read != (state := self.world.database.version):
            super()._read_egress()
            self._policies_read = state


class Host(Process):
    """A process with a clock of its own, and a runtime if it is a worker."""

    def __init__(self, name: str, *, shift: float = 0.0) -> None:
        super().__init__(name, shift=shift)
        self.clock = shared.Clock()
        self.runtime: ModelRuntime | None = None


def make_template() -> None:
    """Fill the empty schema: accounts with friends, and two runs that are planned and wait."""
    accounts = [
        make_account(
            FIRST_ACCOUNT + n,
            friends=range(FIRST_FRIEND + n * FRIENDS, FIRST_FRIEND + (n + 1) * FRIENDS),
        )
        for n in range(ACCOUNTS)
    ]
    uins = range(FIRST_FRIEND, FIRST_FRIEND + ACCOUNTS * FRIENDS)
    everybody = make_list("everybody", list(uins))
    for name, text in RUNS.items():
        campaign = make_campaign(name, lists=[everybody], text=text, accounts=accounts)
        run = make_run(campaign, state=RunState.PREPARING, on_lost_account=campaign.on_lost_account)
        assert plan_run(run=run)


class World:
    """Everything there is in one history. Use it as a context manager."""

    def __init__(self) -> None:
        self.time = Scheduler()
        self.wall_step = 0.0
        self.connect_seconds, self.wire_seconds = CONNECT_SECONDS, 0.0
        self.troubles: list[tuple[float, float]] = []
        self.checks = Checks(self)
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
            note_trouble=self.note_trouble,
            on_delivery=self.checks.delivers,
        )
        self._undo: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> World:
        self._take_the_places()
        self.database = Database(self.time, make_template)
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

    # --- taking the places of clocks, threads, hosts, Redis and Celery -------------------------

    def _put(self, owner: Any, name: str, value: Any) -> None:
        self._undo.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def _take_the_places(self) -> None:
        time = self.time
        for name in ("elapsed", "sleep", "new_event", "start_thread"):
            self._put(local, name, getattr(time, name))
        self._put(local, "host_wall", self.wall)
        self._put(local, "boot_identity", lambda: f"boot of {self._here().name}")
        for name in _SHARED:
            self._put(shared, name, self._by_clock(name))
        host = SimpleNamespace(gethostname=lambda: self._here().name)
        self._put(workers, "socket", host)
        self._put(shared, "socket", host)
        for module in (ledger_module, runtime_module):
            self._put(module, "os", SimpleNamespace(_exit=self._exit, EX_SOFTWARE=70))
        # An idle ledger looks around less often: half of all switches were for that.
        self._put(ledger_module, "RIDE_SECONDS", 0.2)
        self._put(runtime_module, "load_policies", self._policies)
        self._put(pace, "live", lambda: self.redis)
        self._put(hints, "publish", self._publish)
        self._put(waking, "publish", self._publish)
        self._watch_leases()
        self._put(ModelRuntime, "world", self) if hasattr(ModelRuntime, "world") else setattr(
            ModelRuntime, "world", self
        )
        handler = _Listener(self)
        logger = logging.getLogger("campaigns")
        self._put(logger, "handlers", [handler])
        self._put(logger, "propagate", False)
        self._put(logger, "level", logging.ERROR)
        self._put(logging.getLogger("clocks"), "level", logging.CRITICAL)

    def _policies(self) -> PolicyTable:
        if self._policy_table is None:
            self._policy_table = load_policies()
        return self._policy_table

    def _watch_leases(self) -> None:
        begin, mark = Conversation.__init__, RightToSend.mark
        checks = self.checks

        def begin_watched(conversation: Any, *, grant: Any, client: Any, **more: Any) -> None:
            client.token = grant.token
            begin(conversation, grant=grant, client=client, **more)

        def mark_watched(right: Any, **values: Any) -> bool:
            checks.asks(id(right))
            is_granted = mark(right, **values)
            if not is_granted:
                checks.refused(id(right))
            return is_granted

        self._put(Conversation, "__init__", begin_watched)
        self._put(RightToSend, "mark", mark_watched)

    def _here(self) -> Host:
        here = self.time.current
        return here if isinstance(here, Host) else self.operator

    def _by_clock(self, name: str) -> Callable[..., Any]:
        def ask(*arguments: Any) -> Any:
            return getattr(self._here().clock, name)(*arguments)

        return ask

    def wall(self) -> datetime:
        """Return what the database's clock says."""
        return BASE + timedelta(seconds=self.time.now + self.wall_step)

    def at_of(self, shared_time: datetime) -> float:
        """Return a shared time as the scheduler's: it never steps."""
        return (shared_time - BASE).total_seconds()

    def _exit(self, status: int) -> None:
        process = self._here()
        if process.is_dead or self.time.is_closing:
            return
        if status:
            self.checks.fail(f"{process.name} broke down")
        process.is_dead = True
        raise GreenletExit

    def _guard(self, work: Callable[[], None], name: str) -> None:
        try:
            work()
        except GreenletExit:
            raise
        except (DatabaseError, InterfaceError) as problem:
            if not name.startswith(("lane", "starting over", "start of")):
                self.checks.fail(f"{name} died of {problem!r}")
            self.checks.note(f"{name} died of {problem!r}")
        except BaseException as problem:
            self.checks.fail(f"{name} died of {problem!r}")
            self.problem = problem

    def _note_freeze(self, process: Process, seconds: float) -> None:
        self.note_trouble(self.time.now, self.time.now + seconds + 30.0)
        self.checks.note(f"{process.name} stands still for {seconds:g} s")

    # --- processes ----------------------------------------------------------------------------

    def _start_jobs(self) -> None:
        self._news = self.time.new_event()
        self.time.spawn(self.jobs, lambda: self._guard(self._put_right, "jobs"), "jobs")

    def _put_right(self) -> None:
        done_at = float("-inf")
        while True:
            is_news = self._news.wait(PRESUME_SECONDS)
            self._news.clear()
            since = self.time.now - done_at
            is_wanted = since >= RECONCILE_SECONDS and self.database.finds(_SOMEBODY_IS_IDLE)
            try:
                if is_news or is_wanted or since >= 30 * RECONCILE_SECONDS:
                    done_at = self.time.now
                    reconcile()
                elif self.database.finds(_SOMEBODY_IS_SILENT, self.silent_since()):
                    workers.presume_dead()
            except (DatabaseError, InterfaceError):
                self.database.wrapper.close()

    def silent_since(self) -> str:
        """Return before when a heartbeat is so old that its worker may be dead, as it is kept."""
        return str((BASE + timedelta(seconds=self.time.now - 12.0)).replace(tzinfo=None))

    def start_worker(self, *, name: str, shift: float = 0.0) -> Host:
        """Start a worker's process on a host."""
        host = Host(name, shift=shift)
        self.workers.append(host)
        self.time.spawn(host, lambda: self._guard(lambda: self._run(host), name), "main")
        return host

    def _run(self, host: Host) -> None:
        try:
            runtime = ModelRuntime(version="model")
            runtime.start()
            host.runtime = runtime
            hints.wake_reconciler()
        except (DatabaseError, InterfaceError):
            # Its supervisor starts another in a moment.
            now = self.time.now
            self.time.call_at(now, lambda: self.kill(host))
            self.time.call_at(now + 1.0, lambda: self._start_again(host))

    def _start_again(self, host: Host) -> None:
        if not self.time.is_closing:
            self.start_worker(name=host.name, shift=host.shift)

    def kill(self, host: Host) -> None:
        """End a worker's process, as SIGKILL does."""
        self.checks.note(f"{host.name} is killed")
        self.note_trouble(self.time.now, self.time.now + 40.0)
        self.time.kill(host)

    @property
    def living(self) -> list[Host]:
        """The workers whose processes are there."""
        return [host for host in self.workers if not host.is_dead]

    def _publish(self, task: str, queue: str, calls: Sequence[tuple[float, ...]]) -> int:
        if task.endswith("reconcile"):
            self._news.set()
        elif task.endswith("run_lane"):
            for account_id, *_asked_at in calls:
                self.open_lane(int(account_id))
        return len(calls)

    def open_lane(self, account_id: int) -> None:
        """Bring a wake-up to one of the workers; with none there it is lost."""
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

    # --- time and trouble ---------------------------------------------------------------------

    def note_trouble(self, start: float, end: float) -> None:
        """Note that something was wrong for a while: what is unknown may be so for that."""
        self.troubles.append((start, end))

    def longest_quiet(self, start: float, end: float) -> float:
        """Return the longest time without any trouble between two moments."""
        longest, at = 0.0, start
        for begins, ends in sorted(self.troubles):
            if ends <= at:
                continue
            if begins >= end:
                break
            longest = max(longest, begins - at)
            at = max(at, ends)
        return max(longest, end - at)

    def advance(self, seconds: float) -> None:
        """Let time go by, and look now and then."""
        ends_at = self.time.now + seconds
        while True:
            self.time.run_until(min(ends_at, self.time.now + LOOK_SECONDS))
            check_open_attempts(self)
            self.raise_what_broke()
            if self.time.now >= ends_at:
                return

    def raise_what_broke(self) -> None:
        """Raise the first thing that is broken, with the history so far."""
        if self.checks.broken:
            trail = "\n".join(self.checks.trail[-80:])
            raise AssertionError(f"{trail}\n\n" + "\n".join(self.checks.broken[:5]))

    @property
    def is_done(self) -> bool:
        """Whether nothing is open any more."""
        return not Delivery.objects.filter(state__in=OPEN_DELIVERY_STATES).exists()

    def set_limits(self, account: Account, *, gap: float, per_minute: int | None) -> None:
        """Change what an account may do, as an operator does."""
        Account.objects.filter(pk=account.pk).update(min_interval=gap, per_minute=per_minute)
        checks = self.checks
        checks.gaps[account.uin] = min(gap, checks.gaps.get(account.uin, gap))
        checks.longest_gaps[account.uin] = max(gap, checks.longest_gap(account.uin))
        before = checks.most_a_minute.get(account.uin, per_minute)
        most = None if None in (before, per_minute) else max(before or 0, per_minute or 0)
        checks.most_a_minute[account.uin] = most


class _Listener(logging.Handler):
    """What the engine calls an error is one."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.ERROR)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        if self._world.time.is_closing or self._world._here().is_dead:
            return
        error = record.exc_info[1] if record.exc_info else ""
        self._world.checks.fail(f"logged: {record.getMessage()} {error!r}")
