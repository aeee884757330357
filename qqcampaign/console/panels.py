"""The panels of the overview, each from one or two cheap queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils import timezone

from accounts.admin.account import STATE_COLOURS
from accounts.models import Account
from accounts.states import AccountState
from campaigns.admin.result_code_colours import CODE_COLOURS
from campaigns.admin.run import RUN_COLOURS
from campaigns.models import CampaignRun
from qqcampaign.console.last_hour import LastHour
from sending.code_meanings import code_meaning
from sending.models import Tally
from sending.runs.figures import NewestAttempts, eta_of, newest_attempts
from sending.runs.windows import QuietSpan, load_quiet_hours
from sending.states import ACTIVE_RUN_STATES, RunState

#: Maximum number of runs on the overview.
SHOWN_RUNS = 12
#: Hours for which an ended run stays on the overview.
RECENT_HOURS = 24


@dataclass(frozen=True)
class Share:
    """One line of a panel: label, number, percentage of the whole, link."""

    words: Any
    n: int
    percent: float
    colour: str
    address: str = ""
    #: The result code that it counts, which explains itself.
    code: str = ""


@dataclass(frozen=True)
class RunLine:
    """One run and its progress, from its tallies."""

    run: CampaignRun
    colour: str
    targeted: int
    done: int
    sent: int
    percent: float
    address: str
    eta: datetime | None = None


def run_panel() -> list[RunLine]:
    """Return the active runs, then those that ended in the last RECENT_HOURS."""
    active = list(
        CampaignRun.objects.filter(state__in=ACTIVE_RUN_STATES).select_related("campaign")[
            :SHOWN_RUNS
        ]
    )
    since = timezone.now() - timedelta(hours=RECENT_HOURS)
    ended = CampaignRun.objects.filter(ended_at__gte=since).select_related("campaign")[:SHOWN_RUNS]
    runs = [*active, *(run for run in ended if run not in active)][:SHOWN_RUNS]
    figures: defaultdict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    rows = (
        Tally.objects.filter(run__in=runs, kind__in=["targeted", "state"])
        .values_list("run", "kind", "key")
        .annotate(total=Sum("n"))
        .order_by()
    )
    for run_id, kind, key, total in rows:
        figures[run_id][kind, key] = total
    is_any_running = any(run.state == RunState.RUNNING for run in runs)
    newest = newest_attempts() if is_any_running else []
    quiet = load_quiet_hours() if is_any_running else ()
    return [_run_line(run, figures[run.pk], newest, quiet) for run in runs]


def _run_line(
    run: CampaignRun,
    figures: dict[tuple[str, str], int],
    newest: NewestAttempts,
    quiet: tuple[QuietSpan, ...],
) -> RunLine:
    targeted = figures.get(("targeted", ""), 0)
    waiting = figures.get(("state", "pending"), 0) + figures.get(("state", "sending"), 0)
    page = reverse("admin:campaigns_campaign_page", args=[run.campaign_id])
    return RunLine(
        run=run,
        colour=RUN_COLOURS[run.state],  # type: ignore[index]
        targeted=targeted,
        done=targeted - waiting,
        sent=figures.get(("state", "sent"), 0),
        percent=100 * (targeted - waiting) / targeted if targeted else 0,
        address=f"{page}?run={run.number}",
        eta=eta_of(run=run, left=waiting, newest=newest, quiet=quiet),
    )


def account_panel() -> list[Share]:
    """Return the number of accounts in each state."""
    counted = dict(
        Account.objects.values_list("state")
        .annotate(n=Count("pk"))
        .order_by()
        .values_list("state", "n")
    )
    whole = sum(counted.values())
    address = reverse("admin:accounts_account_changelist")
    return [
        Share(
            words=state.label,
            n=counted[state],
            percent=100 * counted[state] / whole,
            colour=STATE_COLOURS[state],
            address=f"{address}?state__exact={state.value}",
        )
        for state in AccountState
        if counted.get(state)
    ]


def code_panel(hour: LastHour) -> list[Share]:
    """Return the number of results of the last hour for each result code."""
    whole = sum(hour.codes.values())
    address = reverse("admin:sending_attempt_changelist")
    return [
        Share(
            words=code_meaning(code),
            n=n,
            percent=100 * n / whole,
            colour=CODE_COLOURS.get(code, "danger"),
            address=f"{address}?res={code}" if code else address,
            code=code,
        )
        for code, n in hour.codes.items()
    ]
