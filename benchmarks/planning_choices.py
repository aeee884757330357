"""Planning with everything a campaign can ask of it, compared with planning without.

Every person has had messages of earlier runs, from one of two accounts that have them as a friend.
The variants take turns; each run's deliveries are deleted before the next one is planned.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from datetime import timedelta
from statistics import median
from typing import Any

from django.db import connection
from django.utils import timezone

from benchmarks.fixtures import analyze, make_campaign
from benchmarks.planning import make_audience
from benchmarks.processes import postgresql_cpu_seconds
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.run_control.lifecycle import cancel_run, start_campaign
from sending.models import Delivery, Run

_SENT = """
INSERT INTO sending_delivery (run_id, contact_id, uin, account_id, state, reason, attempt_count,
                              last_res, sent_at)
SELECT %s, c.id, c.uin, f.account_id, 'sent', '', 1, '0', %s
  FROM contacts_contact c JOIN accounts_friend f ON f.uin = c.uin ORDER BY c.id
"""
_ATTRIBUTE = {
    "postgresql": "UPDATE contacts_contact SET attributes = jsonb_build_object('points', "
    "((id * 7919) %% 100003)::text)",
    "sqlite": "UPDATE contacts_contact SET attributes = json_object('points', "
    "CAST((id * 7919) %% 100003 AS text))",
}
_KEEP = {"sender": "keep"}
_CAP = {**_KEEP, "cap_most": 2, "cap_days": 7.0}
#: The variants; the first is the one that the others are compared with.
VARIANTS: dict[str, dict[str, Any]] = {
    "without": {"sender": "spread"},
    "keep": _KEEP,
    "keep_cap": _CAP,
    "keep_cap_once": {**_CAP, "is_once": True},
    "all_random": {**_CAP, "is_once": True, "order": "random"},
    "all_attribute": {**_CAP, "is_once": True, "order": "attribute", "order_attribute": "points"},
}


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Plan the variants in turns; return the times and their ratios to planning without."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--earlier", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args(arguments)
    campaign = make_audience(given.people, given.accounts)
    _make_history(campaign, given.earlier)
    taken: dict[str, list[float]] = {name: [] for name in VARIANTS}
    cpu: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _repeat in range(given.repeats):
        for name, columns in VARIANTS.items():
            seconds, processor = _plan(campaign, given.people, **columns)
            taken[name].append(seconds)
            cpu[name].append(processor)
    return {
        "people": given.people,
        "earlier": given.earlier,
        "seconds": {name: round(median(times), 2) for name, times in taken.items()},
        "ratio": _ratios(taken),
        "cpu_seconds": {name: round(median(times), 2) for name, times in cpu.items()},
        "ratio_of_cpu": _ratios(cpu),
    }


def _ratios(taken: dict[str, list[float]]) -> dict[str, float]:
    """Return the median ratio of each variant to planning without, turn by turn."""
    return {
        name: round(median(a / b for a, b in zip(times, taken["without"], strict=True)), 3)
        for name, times in taken.items()
    }


def _make_history(campaign: Campaign, earlier: int) -> None:
    """Make earlier runs to everybody; the last one was sent three days ago."""
    with connection.cursor() as cursor:
        cursor.execute(_ATTRIBUTE[connection.vendor].replace("%%", "%"))
    for number in range(earlier):
        sent_at = timezone.now() - timedelta(days=3 + 7 * (earlier - number - 1))
        other = make_campaign(people=campaign.lists.get(), name=f"earlier {number}")
        run = start_campaign(campaign=other)
        cancel_run(run=run)
        Run.objects.filter(pk=run.pk).update(planned_at=sent_at, ended_at=sent_at)
        with connection.cursor() as cursor:
            at = connection.ops.adapt_datetimefield_value(sent_at)
            cursor.execute(_SENT, [run.pk, at])
    analyze()


def _plan(
    campaign: Campaign, people: int, *, is_once: bool = False, **columns: Any
) -> tuple[float, float]:
    defaults = {"order": "imported", "order_attribute": "", "cap_most": None, "cap_days": None}
    Campaign.objects.filter(pk=campaign.pk).update(**{**defaults, **columns})
    campaign.refresh_from_db()
    # A campaign that has sent nothing: the look-up finds no message, and must look at all of them.
    silent, _new = Campaign.objects.get_or_create(name="silent", text="hi")
    campaign.once_across.set([silent] if is_once else [])
    run = start_campaign(campaign=campaign)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CHECKPOINT")
    before, begin = _cpu_seconds(), time.perf_counter()
    assert plan_run(run=run)
    seconds, processor = time.perf_counter() - begin, _cpu_seconds() - before
    assert Delivery.objects.filter(run=run, state="pending").count() == people
    _forget(run)
    return seconds, processor


def _cpu_seconds() -> float:
    """Return the processor time of the database and of this process so far."""
    return postgresql_cpu_seconds() + time.process_time()


def _forget(run: CampaignRun) -> None:
    cancel_run(run=run)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sending_delivery WHERE run_id = %s", [run.pk])
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM sending_delivery")
