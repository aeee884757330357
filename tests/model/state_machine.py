"""The state machine: everything that may happen to the engine, in any order."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from accounts.models import Account
from campaigns.models import Run
from campaigns.services.lifecycle import cancel_run, pause_run, resume_run
from campaigns.states import Promise, RunState
from contacts.models import Suppression
from foundation.refusals import Refusal
from tests.model.final_checks import check_the_end
from tests.model.gateway import BAD_ANSWERS, Trouble
from tests.model.simulation import ACCOUNTS, FIRST_FRIEND, FRIENDS, RUNS, Host, World

#: Nothing may take longer than this once all trouble is over, seconds.
LONGEST_SETTLING = 4 * 3600.0

seconds = st.sampled_from([1.0, 5.0, 15.0, 40.0, 100.0, 300.0, 570.0, 615.0])
moments = st.sampled_from([0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 90.0])
bad_answers = st.sampled_from(BAD_ANSWERS)
people = st.integers(FIRST_FRIEND, FIRST_FRIEND + ACCOUNTS * FRIENDS - 1)
runs = st.sampled_from(sorted(RUNS))


class EngineMachine(RuleBasedStateMachine):
    """One history. Each rule lets some time go by after what it does."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World().__enter__()
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
            self.world.set_limits(account, gap=gap, per_minute=per_minute)
        Run.objects.update(promise=promise)
        if is_short:
            self._steer("two", "pause")
        for _ in range(workers):
            self._start_host()
        self.world.advance(0.5)

    # --- the gateway --------------------------------------------------------------------------

    @rule(kind=bad_answers, is_after=st.booleans(), n=st.integers(1, 4), then=moments)
    def answers_are_lost(self, kind: str, is_after: bool, n: int, then: float) -> None:
        self.world.gateway.once += [(kind, is_after)] * n
        self._go("the next answers are lost", then, kind=kind, is_after=is_after, n=n)

    @rule(kind=bad_answers, is_after=st.booleans(), lasts=seconds, then=moments)
    def messages_go_wrong(self, kind: str, is_after: bool, lasts: float, then: float) -> None:
        until = self._trouble(lasts)
        self.world.gateway.messages = Trouble(until, kind, is_after)
        self._go("messages go wrong", then, kind=kind, is_after=is_after, lasts=lasts)

    @rule(kind=bad_answers, is_after=st.booleans(), lasts=seconds, then=moments)
    def logins_go_wrong(self, kind: str, is_after: bool, lasts: float, then: float) -> None:
        self.world.gateway.sessions.clear()
        self.world.gateway.logins = Trouble(self._trouble(lasts), kind, is_after)
        self._go("logins go wrong", then, kind=kind, is_after=is_after, lasts=lasts)

    @rule(lasts=seconds, then=moments)
    def gateway_is_away(self, lasts: float, then: float) -> None:
        self.world.gateway.away_until = self._trouble(lasts)
        self._go("the gateway is away", then, lasts=lasts)

    @rule(then=moments)
    def sessions_are_lost(self, then: float) -> None:
        self._trouble(5.0)
        self.world.gateway.sessions.clear()
        self._go("sessions are lost", then)

    @rule(person=people, is_after=st.booleans(), then=moments)
    def one_is_never_answered(self, person: int, is_after: bool, then: float) -> None:
        self.world.gateway.mute[person] = is_after
        self._go("one is never answered", then, person=person, is_after=is_after)

    @rule(then=moments)
    def too_fast(self, then: float) -> None:
        self.world.gateway.once.append((3, False))
        self._go("the next is too fast", then)

    @rule(wire=st.sampled_from([0.0, 0.5, 3.9]), connect=st.sampled_from([0.01, 2.0, 4.9]))
    def the_path_is_slow(self, wire: float, connect: float) -> None:
        self.world.wire_seconds, self.world.connect_seconds = wire, connect
        self._go("the path is slow", 0.0, wire=wire, connect=connect)

    # --- time ---------------------------------------------------------------------------------

    @rule(which=st.integers(0, 3), looks=st.integers(0, 60), lasts=seconds, then=moments)
    def a_worker_stands_still(self, which: int, looks: int, lasts: float, then: float) -> None:
        if (host := self._host(which)) is not None:
            host.freeze_in, host.freeze_seconds = looks, lasts
            self._go("a worker will stand still", then, host=host.name, looks=looks, lasts=lasts)

    @rule(lasts=seconds, then=moments)
    def the_machine_sleeps(self, lasts: float, then: float) -> None:
        self._trouble(lasts + 30.0)
        self.world.time.now += lasts
        self._go("the machine slept", then, lasts=lasts)

    @rule(step=st.sampled_from([3600.0, -3600.0, 40.0, -40.0]), then=moments)
    def the_wall_clock_steps(self, step: float, then: float) -> None:
        self.world.wall_step += step
        self._go("the wall clock steps", then, step=step)

    @rule(lasts=st.sampled_from([30.0, 120.0, 600.0]))
    def time_goes_by(self, lasts: float) -> None:
        self._go("time goes by", lasts)

    # --- the database -------------------------------------------------------------------------

    @rule(lasts=seconds, then=moments)
    def tables_are_locked(self, lasts: float, then: float) -> None:
        self.world.database.troubles.locked_until = self._trouble(lasts + 10.0) - 10.0
        self._go("tables are locked", then, lasts=lasts)

    @rule(lasts=seconds, is_away=st.booleans(), then=moments)
    def the_database_refuses(self, lasts: float, is_away: bool, then: float) -> None:
        until, troubles = self._trouble(lasts + 20.0) - 20.0, self.world.database.troubles
        if is_away:
            troubles.away_until = until
        else:
            troubles.read_only_until = until
        self._go("the database refuses", then, lasts=lasts, is_away=is_away)

    @rule(which=st.integers(0, 3), n=st.integers(0, 8), lasts=seconds, then=moments)
    def a_statement_takes_long(self, which: int, n: int, lasts: float, then: float) -> None:
        if (host := self._host(which)) is not None:
            self._trouble(lasts + then + 30.0)
            self.world.database.troubles.late[host.name] = (n, lasts)
            self._go("a statement will take long", then, host=host.name, n=n, lasts=lasts)

    @rule(
        which=st.integers(0, 3),
        n=st.integers(0, 8),
        kind=st.sampled_from(["cut", "lost", "late 12", "late 100"]),
        then=moments,
    )
    def a_commit_goes_wrong(self, which: int, n: int, kind: str, then: float) -> None:
        if (host := self._host(which)) is not None:
            self._trouble(60.0 + then)
            self.world.database.troubles.commits[host.name] = (n, kind)
            self._go("a commit will go wrong", then, host=host.name, n=n, kind=kind)

    @rule(then=moments)
    def redis_is_flushed(self, then: float) -> None:
        self.world.redis.sets.clear()
        self._go("Redis is flushed", then)

    # --- processes ----------------------------------------------------------------------------

    @rule(which=st.integers(0, 3), then=moments)
    def a_worker_is_killed(self, which: int, then: float) -> None:
        if (host := self._host(which)) is not None:
            self.world.kill(host)
            self._go("a worker is killed", 0.2, host=host.name)
            if not self.world.living:
                self.world.start_worker(name=host.name, shift=host.shift)
            self.world.advance(then)

    @rule(which=st.integers(0, 3), then=moments)
    def a_worker_is_doubled(self, which: int, then: float) -> None:
        """Its supervisor starts another though it still runs, or stands still."""
        host = self._host(which)
        if host is not None and len(self.world.living) < 4:
            self._trouble(40.0)
            self.world.start_worker(name=host.name, shift=host.shift)
            self._go("a worker is doubled", then, host=host.name)

    @precondition(lambda self: len(self.world.living) < 3)
    @rule(then=moments)
    def a_worker_joins(self, then: float) -> None:
        self._start_host()
        self._go("a worker joins", then)

    @rule(
        lasts=st.sampled_from([1.0, 10.0, 60.0]), every=st.sampled_from([0.05, 0.3]), then=moments
    )
    def lanes_are_woken(self, lasts: float, every: float, then: float) -> None:
        world = self.world
        ends_at = world.time.now + lasts

        def wake() -> None:
            for host in world.living:
                if host.runtime is not None:
                    host.runtime.wake_all()
            if world.time.now < ends_at:
                world.time.call_at(world.time.now + every, wake)

        wake()
        self._go("lanes are woken", then, lasts=lasts, every=every)

    # --- operators ----------------------------------------------------------------------------

    @rule(run=runs, how=st.sampled_from(["pause", "resume"]), then=moments)
    def a_run_is_steered(self, run: str, how: str, then: float) -> None:
        self._steer(run, how)
        self._go(how, then, run=run)

    @rule(run=runs, then=moments)
    def a_run_is_cancelled(self, run: str, then: float) -> None:
        self._steer(run, "cancel")
        self._go("cancel", then, run=run)

    @rule(person=people, then=moments)
    def one_opts_out(self, person: int, then: float) -> None:
        if person not in self.world.checks.opted_out:
            Suppression.objects.create(uin=person)
            self.world.checks.opted_out[person] = self.world.time.now
            self._go("one opts out", then, person=person)

    @rule(
        which=st.integers(0, ACCOUNTS - 1),
        gap=st.sampled_from([0.5, 5.0, 20.0]),
        per_minute=st.sampled_from([None, 2, 6]),
        then=moments,
    )
    def limits_change(self, which: int, gap: float, per_minute: int | None, then: float) -> None:
        account = Account.objects.order_by("pk")[which]
        self.world.set_limits(account, gap=gap, per_minute=per_minute)
        self._go("limits change", then, account=account.uin, gap=gap, per_minute=per_minute)

    # --- the end ------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Let all trouble end, wait until nothing is open, and look at everything."""
        try:
            if not self.world.checks.broken and self.hosts:
                self._settle()
                check_the_end(self.world)
                self.world.raise_what_broke()
        finally:
            self.world.__exit__()

    def _settle(self) -> None:
        world = self.world
        world.checks.note("all trouble ends")
        gateway = world.gateway
        gateway.once.clear()
        gateway.away_until = gateway.messages.until = gateway.logins.until = world.time.now
        world.database.troubles.end()
        world.wire_seconds, world.connect_seconds = 0.0, 0.01
        for host in world.living:
            host.freeze_in = None
        for run in RUNS:
            self._steer(run, "resume")
        if not world.living:
            self._start_host()
        ends_at = world.time.now + LONGEST_SETTLING
        while not world.is_done:
            world.advance(5.0)
            if world.time.now > ends_at:
                world.checks.fail("something stays open")
                world.raise_what_broke()
        world.advance(12.0)

    # --- tools --------------------------------------------------------------------------------

    def _go(self, what: str, then: float, **details: Any) -> None:
        told = ", ".join(f"{name}={value}" for name, value in details.items())
        self.world.checks.note(f"--- {what} {told}")
        self.world.advance(then)

    def _trouble(self, lasts: float) -> float:
        """Note trouble from now on, and return when it ends."""
        now = self.world.time.now
        self.world.note_trouble(now, now + lasts)
        return now + lasts

    def _host(self, which: int) -> Host | None:
        living = self.world.living
        return living[which % len(living)] if living else None

    def _start_host(self) -> None:
        self.hosts += 1
        self.world.start_worker(name=f"host-{self.hosts}", shift=1000.0 * self.hosts)

    def _steer(self, name: str, how: str) -> None:
        run, checks = Run.objects.get(campaign__name=name), self.world.checks
        with contextlib.suppress(Refusal):
            {"pause": pause_run, "resume": resume_run, "cancel": cancel_run}[how](run=run)
        run.refresh_from_db()
        now = self.world.time.now
        if run.state == RunState.PAUSED:
            checks.paused.setdefault(name, now)
        else:
            checks.paused.pop(name, None)
        if run.state == RunState.CANCELLED:
            checks.cancelled.setdefault(name, now)


def profile(
    *, histories: int, steps: int = 12, is_shrinking: bool = True, is_same: bool = False
) -> settings:
    """Return Hypothesis's settings for so many histories."""
    phases = [Phase.explicit, Phase.generate]
    return settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=is_same,
        print_blob=True,
        report_multiple_bugs=False,
        phases=[*phases, Phase.shrink] if is_shrinking else phases,
        suppress_health_check=list(HealthCheck),
    )
