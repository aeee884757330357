"""The state machine: all events that may happen to the engine, in any order."""

from __future__ import annotations

import contextlib
from typing import Any

from django.conf import settings as django_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from accounts.models import Account, Lease, Worker
from campaigns.models import CampaignRun
from campaigns.run_control.lifecycle import cancel_run, pause_run, resume_run
from contacts.models import Suppression
from foundation.refusals import Refusal
from sending.lanes.outcomes import MOST_ATTEMPTS
from sending.models import Delivery
from sending.states import Promise, RunState
from tests.model.client import CONNECT_SECONDS
from tests.model.final_checks import check_final_state
from tests.model.gateway import BAD_ANSWERS, Fault
from tests.model.initial_data import ACCOUNTS, FIRST_FRIEND, FRIENDS, RUNS
from tests.model.model_runtime import Host
from tests.model.simulation import Simulation

#: Deliveries to people who get answers must end within so long after the last fault, seconds.
LONGEST_SETTLING_SECONDS = 4 * 3600.0

seconds = st.sampled_from([1.0, 5.0, 15.0, 40.0, 100.0, 300.0, 570.0, 615.0])
moments = st.sampled_from([0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 90.0])
bad_answers = st.sampled_from(BAD_ANSWERS)
people = st.integers(FIRST_FRIEND, FIRST_FRIEND + ACCOUNTS * FRIENDS - 1)
runs = st.sampled_from(sorted(RUNS))


class EngineMachine(RuleBasedStateMachine):
    """One history. Each rule lets some time pass after its event."""

    def __init__(self) -> None:
        super().__init__()
        self.simulation = Simulation().__enter__()
        self.hosts = 0

    @initialize(
        gap=st.sampled_from([0.5, 2.0, 10.0, 40.0, 150.0]),
        per_minute=st.sampled_from([None, 4, 4]),
        workers=st.integers(1, 2),
        promise=st.sampled_from([Promise.NEVER_TWICE, Promise.NEVER_TWICE, Promise.NEVER_MISSED]),
        is_short=st.booleans(),
    )
    def begin(
        self, gap: float, per_minute: int | None, workers: int, promise: str, is_short: bool
    ) -> None:
        for account in Account.objects.all():
            self.simulation.set_limits(account, gap=gap, per_minute=per_minute)
        CampaignRun.objects.update(promise=promise)
        if is_short:
            self._change_run("two", "pause")
        for _ in range(workers):
            self._start_host()
        self.simulation.advance(0.5)

    # --- the gateway ---------------------------------------------------------------------------

    @rule(kind=bad_answers, is_after=st.booleans(), n=st.integers(1, 4), then=moments)
    def answers_are_lost(self, kind: str, is_after: bool, n: int, then: float) -> None:
        self.simulation.gateway.next_answers += [(kind, is_after)] * n
        self._advance("the next answers are lost", then, kind=kind, is_after=is_after, n=n)

    @rule(kind=bad_answers, is_after=st.booleans(), lasts=seconds, then=moments)
    def messages_go_wrong(self, kind: str, is_after: bool, lasts: float, then: float) -> None:
        until = self._fault(lasts)
        self.simulation.gateway.messages = Fault(until, kind, is_after)
        self._advance("messages go wrong", then, kind=kind, is_after=is_after, lasts=lasts)

    @rule(kind=bad_answers, is_after=st.booleans(), lasts=seconds, then=moments)
    def logins_go_wrong(self, kind: str, is_after: bool, lasts: float, then: float) -> None:
        self.simulation.gateway.sessions.clear()
        self.simulation.gateway.logins = Fault(self._fault(lasts), kind, is_after)
        self._advance("logins go wrong", then, kind=kind, is_after=is_after, lasts=lasts)

    @rule(lasts=seconds, then=moments)
    def gateway_is_away(self, lasts: float, then: float) -> None:
        self.simulation.gateway.away_until = self._fault(lasts)
        self._advance("the gateway is away", then, lasts=lasts)

    @rule(then=moments)
    def sessions_are_lost(self, then: float) -> None:
        self._fault(5.0)
        self.simulation.gateway.sessions.clear()
        self._advance("sessions are lost", then)

    @rule(person=people, is_after=st.booleans(), then=moments)
    def one_is_never_answered(self, person: int, is_after: bool, then: float) -> None:
        self.simulation.gateway.unanswered[person] = is_after
        self._advance("one is never answered", then, person=person, is_after=is_after)

    @rule(then=moments)
    def too_fast(self, then: float) -> None:
        self.simulation.gateway.next_answers.append((3, False))
        self._advance("the next is too fast", then)

    @rule(wire=st.sampled_from([0.0, 0.5, 3.9]), connect=st.sampled_from([0.01, 2.0, 4.9]))
    def the_path_is_slow(self, wire: float, connect: float) -> None:
        network = self.simulation.network
        network.wire_seconds, network.connect_seconds = wire, connect
        self._advance("the path is slow", 0.0, wire=wire, connect=connect)

    # --- time ----------------------------------------------------------------------------------

    @rule(which=st.integers(0, 3), looks=st.integers(0, 60), lasts=seconds, then=moments)
    def a_worker_stands_still(self, which: int, looks: int, lasts: float, then: float) -> None:
        if (host := self._host(which)) is not None:
            host.freeze_in, host.freeze_seconds = looks, lasts
            self._advance("a worker will freeze", then, host=host.name, looks=looks, lasts=lasts)

    @rule(lasts=seconds, then=moments)
    def the_machine_sleeps(self, lasts: float, then: float) -> None:
        self._fault(lasts + 30.0)
        self.simulation.time.now += lasts
        self._advance("the machine slept", then, lasts=lasts)

    @rule(step=st.sampled_from([3600.0, -3600.0, 40.0, -40.0]), then=moments)
    def the_wall_clock_steps(self, step: float, then: float) -> None:
        self.simulation.wall_step += step
        self._advance("the wall clock steps", then, step=step)

    @rule(lasts=st.sampled_from([30.0, 120.0, 600.0]))
    def time_goes_by(self, lasts: float) -> None:
        self._advance("time goes by", lasts)

    # --- the database --------------------------------------------------------------------------

    @rule(lasts=seconds, then=moments)
    def tables_are_locked(self, lasts: float, then: float) -> None:
        self.simulation.database.faults.locked_until = self._fault(lasts + 10.0) - 10.0
        self._advance("tables are locked", then, lasts=lasts)

    @rule(lasts=seconds, is_away=st.booleans(), then=moments)
    def the_database_refuses(self, lasts: float, is_away: bool, then: float) -> None:
        until, faults = self._fault(lasts + 20.0) - 20.0, self.simulation.database.faults
        if is_away:
            faults.away_until = until
        else:
            faults.read_only_until = until
        self._advance("the database refuses", then, lasts=lasts, is_away=is_away)

    @rule(which=st.integers(0, 3), n=st.integers(0, 8), lasts=seconds, then=moments)
    def a_statement_takes_long(self, which: int, n: int, lasts: float, then: float) -> None:
        if (host := self._host(which)) is not None:
            self._fault(lasts + then + 30.0)
            self.simulation.database.faults.late[host.name] = (n, lasts)
            self._advance("a statement will take long", then, host=host.name, n=n, lasts=lasts)

    @rule(
        which=st.integers(0, 3),
        n=st.integers(0, 8),
        kind=st.sampled_from(["cut", "lost", "late 12", "late 100"]),
        then=moments,
    )
    def a_commit_goes_wrong(self, which: int, n: int, kind: str, then: float) -> None:
        if (host := self._host(which)) is not None:
            self._fault(60.0 + then)
            self.simulation.database.faults.commits[host.name] = (n, kind)
            self._advance("a commit will go wrong", then, host=host.name, n=n, kind=kind)

    @rule(then=moments)
    def redis_is_flushed(self, then: float) -> None:
        self.simulation.redis.sets.clear()
        self._advance("Redis is flushed", then)

    # --- processes -----------------------------------------------------------------------------

    @rule(which=st.integers(0, 3), then=moments)
    def a_worker_is_killed(self, which: int, then: float) -> None:
        if (host := self._host(which)) is not None:
            self.simulation.kill(host)
            self._advance("a worker is killed", 0.2, host=host.name)
            if not self.simulation.living:
                self.simulation.start_worker(name=host.name, shift=host.shift)
            self.simulation.advance(then)

    @rule(which=st.integers(0, 3), then=moments)
    def a_worker_is_doubled(self, which: int, then: float) -> None:
        """Start a second worker on the host of one that still runs or is frozen."""
        host = self._host(which)
        if host is not None and len(self.simulation.living) < 4:
            self._fault(40.0)
            self.simulation.start_worker(name=host.name, shift=host.shift)
            self._advance("a worker is doubled", then, host=host.name)

    @precondition(lambda self: len(self.simulation.living) < 3)
    @rule(then=moments)
    def a_worker_joins(self, then: float) -> None:
        self._start_host()
        self._advance("a worker joins", then)

    @rule(
        lasts=st.sampled_from([1.0, 10.0, 60.0]), every=st.sampled_from([0.05, 0.3]), then=moments
    )
    def lanes_are_woken(self, lasts: float, every: float, then: float) -> None:
        simulation = self.simulation
        ends_at = simulation.time.now + lasts

        def wake() -> None:
            for host in simulation.living:
                if host.runtime is not None:
                    host.runtime.wake_all()
            if simulation.time.now < ends_at:
                simulation.time.call_at(simulation.time.now + every, wake)

        wake()
        self._advance("lanes are woken", then, lasts=lasts, every=every)

    # --- operators -----------------------------------------------------------------------------

    @rule(run=runs, how=st.sampled_from(["pause", "resume"]), then=moments)
    def a_run_is_steered(self, run: str, how: str, then: float) -> None:
        self._change_run(run, how)
        self._advance(how, then, run=run)

    @rule(run=runs, then=moments)
    def a_run_is_cancelled(self, run: str, then: float) -> None:
        self._change_run(run, "cancel")
        self._advance("cancel", then, run=run)

    @rule(person=people, then=moments)
    def one_opts_out(self, person: int, then: float) -> None:
        if person not in self.simulation.invariants.opted_out:
            Suppression.objects.create(uin=person)
            self.simulation.invariants.opted_out[person] = self.simulation.time.now
            self._advance("one opts out", then, person=person)

    @rule(
        which=st.integers(0, ACCOUNTS - 1),
        gap=st.sampled_from([0.5, 5.0, 20.0]),
        per_minute=st.sampled_from([None, 2, 6]),
        then=moments,
    )
    def limits_change(self, which: int, gap: float, per_minute: int | None, then: float) -> None:
        account = Account.objects.order_by("pk")[which]
        self.simulation.set_limits(account, gap=gap, per_minute=per_minute)
        self._advance("limits change", then, account=account.uin, gap=gap, per_minute=per_minute)

    # --- the end -------------------------------------------------------------------------------

    def teardown(self) -> None:
        """End all faults, wait until no delivery is open, and check the final state."""
        try:
            if not self.simulation.invariants.violations and self.hosts:
                self._settle()
                check_final_state(self.simulation)
                self.simulation.raise_violations()
        finally:
            self.simulation.__exit__()

    def _settle(self) -> None:
        simulation = self.simulation
        simulation.invariants.note("all faults end")
        gateway = simulation.gateway
        gateway.next_answers.clear()
        gateway.away_until = gateway.messages.until = gateway.logins.until = simulation.time.now
        simulation.database.faults.end()
        simulation.network.wire_seconds = 0.0
        simulation.network.connect_seconds = CONNECT_SECONDS
        for host in simulation.living:
            host.freeze_in = None
        for run in RUNS:
            self._change_run(run, "resume")
        if not simulation.living:
            self._start_host()
        ends_at = simulation.time.now + self._longest_settling()
        while not simulation.is_done:
            simulation.advance(5.0)
            if simulation.time.now > ends_at:
                simulation.invariants.fail(f"a delivery stays open: {open_rows()}")
                simulation.raise_violations()
        simulation.advance(12.0)

    def _longest_settling(self) -> float:
        """Return within how many seconds all deliveries must have ended.

        A message that is never answered keeps its account for each of its attempts, under *never
        missed* for the whole replay window: all of them may be sent by one account.
        """
        gap = max(self.simulation.invariants.longest_gaps.values(), default=0.0)
        attempt = django_settings.QQ_GATEWAY_REPLAY_WINDOW + 2 * gap
        unanswered = len(RUNS) * len(self.simulation.gateway.unanswered)
        return LONGEST_SETTLING_SECONDS + unanswered * MOST_ATTEMPTS * attempt

    # --- helpers ---------------------------------------------------------------------------------

    def _advance(self, what: str, then: float, **details: Any) -> None:
        described = ", ".join(f"{name}={value}" for name, value in details.items())
        self.simulation.invariants.note(f"--- {what} {described}")
        self.simulation.advance(then)

    def _fault(self, lasts: float) -> float:
        """Record a fault from now on; return when it ends."""
        now = self.simulation.time.now
        self.simulation.fault_periods.note(now, now + lasts)
        return now + lasts

    def _host(self, which: int) -> Host | None:
        living = self.simulation.living
        return living[which % len(living)] if living else None

    def _start_host(self) -> None:
        self.hosts += 1
        self.simulation.start_worker(name=f"host-{self.hosts}", shift=1000.0 * self.hosts)

    def _change_run(self, name: str, how: str) -> None:
        run, invariants = CampaignRun.objects.get(campaign__name=name), self.simulation.invariants
        with contextlib.suppress(Refusal):
            {"pause": pause_run, "resume": resume_run, "cancel": cancel_run}[how](run=run)
        run.refresh_from_db()
        now = self.simulation.time.now
        if run.state == RunState.PAUSED:
            invariants.paused.setdefault(name, now)
        else:
            invariants.paused.pop(name, None)
        if run.state == RunState.CANCELLED:
            invariants.cancelled.setdefault(name, now)


def open_rows() -> dict[str, list[Any]]:
    """Return the rows that say why a delivery may stay open, by table."""
    tables: dict[str, tuple[Any, tuple[str, ...]]] = {
        "runs": (CampaignRun, ("pk", "state")),
        "deliveries": (Delivery, ("state", "reason", "account__uin", "not_before")),
        "accounts": (Account, ("uin", "state", "state_reason")),
        "leases": (Lease, ("account__uin", "worker_id", "woken_at", "resting_until")),
        "workers": (Worker, ("pk", "heartbeat_at", "ended_at")),
    }
    return {
        name: [tuple(map(str, row)) for row in model.objects.values_list(*columns).distinct()]
        for name, (model, columns) in tables.items()
    }
