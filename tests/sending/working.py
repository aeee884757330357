"""A worker in this process: the real runtime and lanes, on threads, without Celery.

A loop that looks for idle accounts with work replaces Celery's wake-ups. Everything else is real:
ledger, leases, lanes, control loop.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from django.db import connection

from accounts.models import Account
from campaigns.planning.reroute import reroute_stopped_accounts
from sending.models import Run
from sending.reconcile import reconcile
from sending.wake_ups.accounts_with_work import idle_leases_with_work
from sending.worker.open_lane import run_lane_for
from sending.worker.runtime import Runtime

PATIENCE = 30.0


class LocalWorker:
    """A context manager: inside it, runs are sent.

    Args:
        is_looking: whether lanes are opened for accounts with work.
    """

    def __init__(self, *, is_looking: bool = True) -> None:
        self._is_looking = is_looking
        self._stop = threading.Event()
        self._lanes: list[threading.Thread] = []
        #: The exceptions that ended lanes; a test that expects none asserts that this is empty.
        self.deaths: list[BaseException] = []

    def __enter__(self) -> Self:
        self.runtime = Runtime(version="test")
        self.runtime.start()
        self._looking = threading.Thread(target=self._look, name="looking")
        if self._is_looking:
            self._looking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._stop.set()
        self.runtime.drain()
        if self._is_looking:
            self._looking.join()
        for lane in self._lanes:
            lane.join(PATIENCE)
            assert not lane.is_alive(), "a lane does not end"
        self.runtime.close()

    def open_lane(self, account: Account | int) -> threading.Thread:
        """Run an account's lane in a thread of its own."""
        account_id = account if isinstance(account, int) else account.pk
        lane = threading.Thread(
            target=self._run_lane, args=(account_id,), name=f"lane-{account_id}"
        )
        self._lanes.append(lane)
        lane.start()
        return lane

    def _run_lane(self, account_id: int) -> None:
        try:
            run_lane_for(account_id=account_id, runtime=self.runtime)
        except Exception as death:
            self.deaths.append(death)
        finally:
            connection.close()

    def _look(self) -> None:
        try:
            ticks = 0
            while not self._stop.wait(0.03):
                ticks += 1
                runs = list(Run.objects.running().values_list("pk", flat=True))
                idle = idle_leases_with_work(run_ids=runs).values_list("account_id", flat=True)
                for account_id in idle:
                    if account_id not in self.runtime.lanes:
                        self.open_lane(account_id)
                if ticks % 10 == 0:
                    reconcile()
                    reroute_stopped_accounts()
        finally:
            connection.close()


def wait_until(
    condition: Callable[[], object], *, what: str = "it", seconds: float = PATIENCE
) -> None:
    """Wait until a condition is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.01)
