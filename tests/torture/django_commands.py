"""The clerk: a process with Django in it, beside the stack, that does what an operator would.

It reads one order a line on standard input and answers each with one line, both JSON. The
database may be killed under it: it asks again, on a new connection, as long as it takes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from typing import Any

from django.core.management import call_command
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.db.models import ProtectedError, RestrictedError
from django.db.models.functions import Now

from accounts.models import Account, Egress, Outage, PolicyCommand, ResultPolicy
from accounts.services.live import live
from campaigns.models import Attempt, Campaign, Delivery, Run
from campaigns.services.create_campaign import create_campaign
from campaigns.services.figures import check_figures
from campaigns.services.lifecycle import pause_run, resume_run, start_campaign
from campaigns.states import ACTIVE_RUN_STATES, RunState
from contacts.models import ContactList, Suppression
from foundation.refusals import Refusal

PATIENCE = 60.0


def fill(accounts: str, contacts: str, suppressed: list[int]) -> None:
    """Import accounts and people, from the files an operator would import."""
    with open(os.devnull, "w") as nowhere:
        call_command("import_accounts", accounts, stdout=nowhere)
        call_command("import_contacts", contacts, "--list", "everybody", stdout=nowhere)
    for uin in suppressed:
        Suppression.objects.get_or_create(uin=uin, contact_list=None, defaults={"source": "test"})


def start(name: str, text: str) -> None:
    """Make a campaign to everybody and start it; one that exists is left alone."""
    campaign = Campaign.objects.filter(name=name).first() or create_campaign(
        name=name, lists=[ContactList.objects.get(name="everybody")], text=text
    )
    if not campaign.runs.exists():
        start_campaign(campaign=campaign)


def active() -> dict[str, str]:
    """Return the names of the campaigns that are under way, each with its run's state."""
    rows = Run.objects.filter(state__in=ACTIVE_RUN_STATES).values_list("campaign__name", "state")
    return dict(rows)


def pause(name: str) -> None:
    """Pause a campaign's run."""
    pause_run(run=Run.objects.get(campaign__name=name))


def resume(name: str) -> None:
    """Resume a campaign's run."""
    resume_run(run=Run.objects.get(campaign__name=name))


def resume_paused() -> None:
    """Resume whatever is paused."""
    for run in Run.objects.filter(state=RunState.PAUSED):
        resume_run(run=run)


def unfinished() -> dict[str, Any]:
    """Return what is not over: run states, and the open deliveries by state."""
    states = Counter(
        Delivery.objects.filter(state__in=("pending", "sending")).values_list("state", flat=True)
    )
    return {"runs": active(), "deliveries": dict(states)}


def final_state() -> dict[str, Any]:
    """Return every delivery, and whatever the figures say that the rows do not."""
    runs = list(Run.objects.select_related("campaign"))
    return {
        "deliveries": list(
            Delivery.objects.values_list(
                "run__campaign__name", "uin", "state", "reason", "last_res", "attempt_count"
            )
        ),
        "attempts": Attempt.objects.count(),
        "replays": sum(Attempt.objects.filter(replays__gt=0).values_list("replays", flat=True)),
        "runs": {run.campaign.name: [run.state, run.state_detail] for run in runs},
        "wrong_figures": [f"{run}: {line}" for run in runs for line in check_figures(run=run)],
    }


# --- for the scenarios: what is done in the browser, and what only the database knows ---------


def database_time() -> str:
    """Return the database's own time."""
    at = Egress.objects.annotate(at=Now()).values_list("at", flat=True).first()
    assert at is not None
    return str(at.isoformat())


def window_entries() -> dict[str, list[int]]:
    """Return the places taken in each account's windows, and the attempts that may have one."""
    found = {}
    for account in Account.objects.all():
        members = live().zrange(f"pace:account:{account.pk}", 0, -1)
        taken = sum(member not in (b"seed", "seed") for member in members)
        found[str(account.uin)] = [taken, Attempt.objects.filter(account=account).count()]
    return found


def outages() -> int:
    """Return how many outages were noted."""
    return Outage.objects.count()


def set_policy(code: str, **columns: Any) -> None:
    """Change what a message's result code means, as on the console's page of result codes."""
    ResultPolicy.objects.update_or_create(
        command=PolicyCommand.MESSAGE, code=code, defaults={**columns}
    )


def set_lists(name: str, lists: list[str]) -> None:
    """Change the lists that a campaign goes to."""
    Campaign.objects.get(name=name).lists.set(ContactList.objects.filter(name__in=lists))


def delete_list(name: str) -> str:
    """Delete a list; return what was said against it, if anything was."""
    try:
        ContactList.objects.get(name=name).delete()
    except (ProtectedError, RestrictedError, Refusal) as problem:
        return str(problem)
    return ""


COMMANDS = {
    command.__name__: command
    for command in (
        *(fill, start, active, pause, resume, resume_paused, unfinished, final_state),
        *(database_time, window_entries, outages, set_policy, set_lists, delete_list),
    )
}


def execute(name: str, arguments: dict[str, Any]) -> Any:
    """Carry out an order, again and again while the database is away."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return COMMANDS[name](**arguments)
        except Refusal as refusal:
            return {"refused": str(refusal)}
        except (OperationalError, InterfaceError, IntegrityError):
            if time.monotonic() > deadline:
                raise
            connection.close()
            time.sleep(0.2)


def main() -> None:
    """Obey until standard input ends."""
    for line in sys.stdin:
        name, arguments = json.loads(line)
        answer = execute(name, arguments)
        connection.close()
        print(json.dumps(answer), flush=True)
