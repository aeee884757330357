"""Commands for a process with Django beside the stack: an operator's actions and database reads.

The process reads one command a line from standard input and answers each with one line, both in
JSON. While the database is down it repeats the command on a new connection.
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

from accounts.models import Account, Egress, InboundMessage, Outage
from accounts.pacing.redis_client import live
from campaigns.creation.create_campaign import create_campaign
from campaigns.models import Campaign, CampaignRun
from campaigns.reports.check_sums import check_sums
from campaigns.run_control.lifecycle import pause_run, resume_run, start_campaign
from contacts.models import ContactList, Suppression
from conversations.models import Answer
from foundation.refusals import Refusal
from sending.models import Attempt, Delivery, PolicyCommand, ResultPolicy
from sending.runs.figures import check_figures
from sending.states import ACTIVE_RUN_STATES, RunState

#: How long a command is repeated while the database is down, seconds.
RETRY_SECONDS = 60.0


def fill(accounts: str, contacts: str, suppressed: list[int]) -> None:
    """Import accounts and people from files, and add suppressions."""
    with open(os.devnull, "w") as nowhere:
        call_command("import_accounts", accounts, stdout=nowhere)
        call_command("import_contacts", contacts, "--list", "everybody", stdout=nowhere)
    for uin in suppressed:
        Suppression.objects.get_or_create(uin=uin, contact_list=None, defaults={"source": "test"})


def start(name: str, text: str) -> None:
    """Create a campaign to all people and start it, unless it has been started."""
    campaign = Campaign.objects.filter(name=name).first() or create_campaign(
        name=name, lists=[ContactList.objects.get(name="everybody")], text=text
    )
    if not campaign.runs.exists():
        start_campaign(campaign=campaign)


def active() -> dict[str, str]:
    """Return the campaigns with an active run: name -> state of the run."""
    rows = CampaignRun.objects.filter(state__in=ACTIVE_RUN_STATES).values_list(
        "campaign__name", "state"
    )
    return dict(rows)


def pause(name: str) -> None:
    """Pause a campaign's run."""
    pause_run(run=CampaignRun.objects.get(campaign__name=name))


def resume(name: str) -> None:
    """Resume a campaign's run."""
    resume_run(run=CampaignRun.objects.get(campaign__name=name))


def resume_paused() -> None:
    """Resume every paused run."""
    for run in CampaignRun.objects.filter(state=RunState.PAUSED):
        resume_run(run=run)


def unfinished() -> dict[str, Any]:
    """Return the active runs and the number of open deliveries by state."""
    states = Counter(
        Delivery.objects.filter(state__in=("pending", "sending")).values_list("state", flat=True)
    )
    return {"runs": active(), "deliveries": dict(states)}


def final_state() -> dict[str, Any]:
    """Return all deliveries, attempt counts, run states and figures that differ from the rows."""
    runs = list(CampaignRun.objects.select_related("campaign"))
    return {
        "deliveries": list(
            Delivery.objects.values_list(
                "run__campaign_run__campaign__name",
                "uin",
                "state",
                "reason",
                "last_res",
                "attempt_count",
            )
        ),
        "attempts": Attempt.objects.count(),
        "replays": sum(Attempt.objects.filter(replays__gt=0).values_list("replays", flat=True)),
        "runs": {run.campaign.name: [run.state, run.state_detail] for run in runs},
        "wrong_figures": [
            f"{run}: {line}" for run in runs for line in [*check_figures(run=run), *check_sums(run)]
        ],
    }


# --- for the scenarios: what is done in the browser, and what only the database knows ---------


def database_time() -> str:
    """Return the database's time in ISO format."""
    at = Egress.objects.annotate(at=Now()).values_list("at", flat=True).first()
    assert at is not None
    return str(at.isoformat())


def inbound() -> list[tuple[int, int, int, str]]:
    """Return the account, sender, kind and text of every inbound message."""
    return list(InboundMessage.objects.values_list("account__uin", "uin", "kind", "text"))


def suppressed() -> list[int]:
    """Return who is suppressed for every campaign."""
    return list(
        Suppression.objects.in_force().filter(contact_list=None).values_list("uin", flat=True)
    )


def answers() -> list[str]:
    """Return the texts of the answers that were sent."""
    sent = Answer.objects.filter(delivery__state="sent")
    return [text or "" for text in sent.values_list("delivery__text", flat=True)]


def window_entries() -> dict[str, list[int]]:
    """Return for each account the entries in its rate-limit windows and the number of attempts."""
    found = {}
    for account in Account.objects.all():
        members = live().zrange(f"pace:account:{account.pk}", 0, -1)
        taken = sum(not str(member).startswith("seed") for member in members)
        found[str(account.uin)] = [taken, Attempt.objects.filter(account=account).count()]
    return found


def outages() -> int:
    """Return the number of outages on record."""
    return Outage.objects.count()


def set_policy(code: str, **columns: Any) -> None:
    """Change the policy for a message's result code, as the console does."""
    ResultPolicy.objects.update_or_create(
        command=PolicyCommand.MESSAGE, code=code, defaults={**columns}
    )


def set_lists(name: str, lists: list[str]) -> None:
    """Change the lists of a campaign, as the console does."""
    Campaign.objects.get(name=name).lists.set(ContactList.objects.filter(name__in=lists))


def delete_list(name: str) -> str:
    """Delete a list; return the reason if it was refused, else an empty string."""
    try:
        ContactList.objects.get(name=name).delete()
    except (ProtectedError, RestrictedError, Refusal) as problem:
        return str(problem)
    return ""


def empty_audience(name: str) -> None:
    """Take all lists from a campaign and its runs, as a deletion past the services would."""
    campaign = Campaign.objects.get(name=name)
    campaign.lists.clear()
    for run in campaign.runs.all():
        run.lists.clear()


COMMANDS = {
    command.__name__: command
    for command in (
        *(fill, start, active, pause, resume, resume_paused, unfinished, final_state),
        *(database_time, window_entries, outages, set_policy, set_lists, delete_list),
        *(empty_audience, inbound, answers, suppressed),
    )
}


def execute(name: str, arguments: dict[str, Any]) -> Any:
    """Run a command, repeatedly while the database is down; return its answer."""
    deadline = time.monotonic() + RETRY_SECONDS
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
    """Run commands until standard input ends."""
    for line in sys.stdin:
        name, arguments = json.loads(line)
        answer = execute(name, arguments)
        connection.close()
        print(json.dumps(answer), flush=True)
