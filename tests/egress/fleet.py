"""A fleet: worker processes of several egresses, with the jobs worker and beat."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import OperationalError

from accounts.models import Account, Egress, Session, Worker
from campaigns.creation.create_campaign import create_campaign
from campaigns.models import CampaignRun
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import ContactList
from qqcampaign.stack import process_specs
from qqhttp import password_digest
from qqhttp.simulator.accounts import Account as Person
from qqhttp.simulator.population import password_of
from sending.models import Attempt, Delivery
from sending.runs.figures import check_figures
from sending.states import DeliveryState, RunState
from tests.campaigns.factories import make_account, make_list
from tests.running_stack import ROOT

TEXT = "the same for all"
#: Default time limit, seconds; the machine may be busy.
PATIENCE = 60.0


class Fleet:
    """The processes of several hosts with one database, started one by one.

    Args:
        folder: for logs and the clock's schedule.
        database_url, redis_url, gateway_url: where the processes find them.
    """

    def __init__(
        self, folder: Path, *, database_url: str, redis_url: str, gateway_url: str, **env: str
    ) -> None:
        self.folder = folder
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "QQCAMPAIGN_HOME": str(folder),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "QQ_GATEWAY_URL": gateway_url,
            "SECRET_KEY": settings.SECRET_KEY,
            "CREDENTIAL_KEYS": ",".join(settings.CREDENTIAL_KEYS),
            **env,
        }
        self._started: list[subprocess.Popen[bytes]] = []

    # --- processes ----------------------------------------------------------------------------

    def start_clock(self) -> None:
        """Start the jobs worker and beat."""
        self._start("jobs", process_specs.jobs_spec(egress="none").argv)
        self._start("beat", process_specs.beat_spec(home=self.folder).argv)

    def start_worker(
        self,
        egress: str,
        *,
        source: str = "",
        into: Sequence[str] = (),
        root: Path = ROOT,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> subprocess.Popen[bytes]:
        """Start a sending worker without waiting for it.

        Args:
            egress: its egress.
            source: the address that it talks from.
            into: a command before its own, such as `ip netns exec NAME`.
            root: the folder of its code.
            env: on top of the fleet's environment.
        """
        argv = process_specs.worker_spec(egress=egress, concurrency=50).argv
        own = {"EGRESS_NAME": egress, "EGRESS_SOURCE_ADDRESS": source, **env}
        return self._start(egress, (*into, *argv), root=root, env=own)

    def _start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        root: Path = ROOT,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                argv, cwd=root, env={**self.env, **env}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._started.append(process)
        return process

    def end_at_once(self) -> None:
        """Kill all running and stopped processes."""
        for process in self._started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    # --- the data -----------------------------------------------------------------------------

    def make_people(self, world: dict[int, Person], *, gap: float) -> list[Account]:
        """Write the gateway's accounts, with their friends, and a list of all the friends."""
        accounts = [
            make_account(
                uin, friends=list(person.friends), min_interval=gap,
                credential=password_digest(password_of(uin)),
            )
            for uin, person in world.items()
        ]  # fmt: skip
        make_list("all", sorted({uin for person in world.values() for uin in person.friends}))
        return accounts

    def start_run(self) -> CampaignRun:
        """Start a campaign to all people."""
        campaign = create_campaign(name="c", lists=[ContactList.objects.get(name="all")], text=TEXT)
        return start_campaign(campaign=campaign)

    def pin(self, accounts: Sequence[Account], egress: str) -> None:
        """Pin accounts to an egress, which is created if it does not exist."""
        place, _ = Egress.objects.get_or_create(name=egress)
        Account.objects.filter(pk__in=[account.pk for account in accounts]).update(egress=place)

    # --- waiting ------------------------------------------------------------------------------

    def wait_until(
        self, condition: Callable[[], Any], *, what: str, seconds: float = PATIENCE
    ) -> float:
        """Wait until a condition is true and return the seconds it took; fail after the limit."""
        began_at = time.monotonic()
        while not _ask(condition):
            assert time.monotonic() - began_at < seconds, (
                f"{what}: not within {seconds:g} s.\n{self.logs()}"
            )
            time.sleep(0.05)
        return time.monotonic() - began_at

    def wait_for_workers(self, *egresses: str) -> None:
        """Wait until every egress has a running worker."""
        self.wait_until(
            lambda: _served() >= set(egresses), what=f"workers of {', '.join(egresses)}"
        )

    def logs(self) -> str:
        """Return the end of every log, for failure messages."""
        return "\n".join(
            f"--- {log.name}\n{log.read_text('utf-8', 'replace')[-1500:]}"
            for log in sorted(self.folder.glob("*.log"))
        )


def _ask(condition: Callable[[], Any]) -> bool:
    with contextlib.suppress(OperationalError):  # SQLite is locked by the fleet
        return bool(condition())
    return False


def _served() -> set[str]:
    return set(Worker.objects.living().values_list("egress__name", flat=True))


# --- queries ------------------------------------------------------------------------------------


def sent(run: CampaignRun) -> int:
    """Return the number of sent deliveries."""
    return Delivery.objects.filter(run=run, state=DeliveryState.SENT).count()


def sent_since(attempt_id: int, accounts: Sequence[Account]) -> set[int]:
    """Return the accounts with a finished attempt after the given one."""
    rows = Attempt.objects.filter(pk__gt=attempt_id, res="0", account__in=accounts)
    return set(rows.values_list("account_id", flat=True))


def last_attempt() -> int:
    """Return the id of the latest attempt."""
    return Attempt.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def where(accounts: Sequence[Account]) -> set[str]:
    """Return the egresses of the accounts' open sessions."""
    rows = Session.objects.filter(account__in=accounts, ended_at=None)
    return set(rows.values_list("egress__name", flat=True))


def is_over(run: CampaignRun) -> bool:
    """Return whether the run has ended."""
    return CampaignRun.objects.get(pk=run.pk).state == RunState.FINISHED


def assert_exact(run: CampaignRun, control: Any, people: int) -> None:
    """Assert that each person got exactly one message and that the tallies match."""
    run.refresh_from_db()
    figures = control.figures()
    said = (figures.arrived, figures.distinct, figures.twice, figures.repeats_of_other)
    assert said == (people, people, 0, 0), figures
    assert sent(run) == people
    assert not check_figures(run=run)
