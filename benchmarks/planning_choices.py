"""Planning with everything a campaign can ask of it, compared with planning without.

Every person has had messages of earlier runs, from one of two accounts that have them as a friend.
The variants take turns; each run's deliveries are deleted before the next one is planned.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import Account, AccountPool
from accounts.pools import create_pool
from accounts.warm_ups import create_curve, start_warm_up
from benchmarks.fixtures import analyze, make_campaign
from benchmarks.planning import make_audience
from benchmarks.processes import whole_cpu_seconds
from campaigns.creation.variants import NewVariant, add_variants
from campaigns.models import Campaign, CampaignRun, MessageTemplate
from campaigns.planning.plan import plan_run
from campaigns.run_control.lifecycle import cancel_run, start_campaign
from campaigns.writing.templates import create_template
from labels.models import Label
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
#: The variants; the first is the one that the others are compared with. `weekly` chooses what the
#: weekly campaign of the whole way does: a cap, two variants, a holdout, pools, one in warm-up.
VARIANTS: dict[str, dict[str, Any]] = {
    "without": {"sender": "spread"},
    "keep": _KEEP,
    "keep_cap": _CAP,
    "keep_cap_once": {**_CAP, "is_once": True},
    "all_random": {**_CAP, "is_once": True, "order": "random"},
    "all_attribute": {**_CAP, "is_once": True, "order": "attribute", "order_attribute": "points"},
    "weekly": {**_CAP, "is_weekly": True},
    "everything": {
        **_CAP,
        "is_once": True,
        "order": "attribute",
        "order_attribute": "points",
        "is_whole": True,
    },
}
#: With everything: the texts of a variant by language, and the holdout in percent.
_LANGUAGES, _HOLDOUT = {"": "hi {{ name }}", "en": "hello {{ name }}", "pt-br": "olá"}, 10


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Plan the variants in turns; return the times and their ratios to planning without."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--earlier", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    given = parser.parse_args(arguments)
    variants = {name: VARIANTS[name] for name in ("without", *given.variants)}
    campaign = make_audience(given.people, given.accounts)
    _make_history(campaign, given.earlier)
    _make_whole(campaign)
    taken: dict[str, list[float]] = {name: [] for name in variants}
    cpu: dict[str, list[float]] = {name: [] for name in variants}
    for _repeat in range(given.repeats):
        for name, columns in variants.items():
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
    campaign: Campaign,
    people: int,
    *,
    is_once: bool = False,
    is_weekly: bool = False,
    is_whole: bool = False,
    **columns: Any,
) -> tuple[float, float]:
    defaults = {"order": "imported", "order_attribute": "", "cap_most": None, "cap_days": None}
    Campaign.objects.filter(pk=campaign.pk).update(**{**defaults, **columns})
    campaign.refresh_from_db()
    # A campaign that has sent nothing: the look-up finds no message, and must look at all of them.
    silent, _new = Campaign.objects.get_or_create(name="silent", text="hi")
    campaign.once_across.set([silent] if is_once else [])
    _choose(campaign, is_weekly=is_weekly, is_whole=is_whole)
    run = start_campaign(campaign=campaign)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CHECKPOINT")
    before, begin = whole_cpu_seconds(), time.perf_counter()
    assert plan_run(run=run)
    seconds, processor = time.perf_counter() - begin, whole_cpu_seconds() - before
    planned = Delivery.objects.filter(run=run)
    held_out = planned.filter(state="skipped", reason="holdout").count()
    assert bool(held_out) is (is_weekly or is_whole)
    assert planned.filter(state="pending").count() == people - held_out
    _forget(run)
    return seconds, processor


def _make_whole(campaign: Campaign) -> None:
    """Make what `everything` chooses: two pools, of which one warms up, a template, a label."""
    accounts = list(Account.objects.order_by("pk"))
    create_pool(name="old", accounts=accounts[::2])
    create_pool(name="new", accounts=accounts[1::2])
    # Its limits are above the number of people: the warm-up costs, and holds nobody back.
    curve = create_curve(name="slow", limits=[100_000, 200_000])
    for account in accounts[1::2]:
        start_warm_up(account=account, curve=curve)
    create_template(name="hello", texts=_LANGUAGES, language_attribute="points")
    label = Label.objects.create(name="news")
    for other in Campaign.objects.filter(name__startswith="earlier"):
        other.labels.add(label)
    campaign.refresh_from_db()


def _choose(campaign: Campaign, *, is_weekly: bool, is_whole: bool) -> None:
    """Choose variants, a holdout and pools; with `is_whole` also languages, shares and a label."""
    pools = list(AccountPool.objects.order_by("pk")) if is_weekly or is_whole else []
    campaign.pools.set(pools)
    campaign.pool_shares = {str(pool.pk): 1.0 + n for n, pool in enumerate(pools) if is_whole}
    campaign.holdout = Decimal(_HOLDOUT if is_weekly or is_whole else 0)
    campaign.cap_label = Label.objects.get() if is_whole else None
    campaign.save()
    campaign.variants.all().delete()
    second = NewVariant("B", 3, "hello")
    if is_whole:
        second = NewVariant("B", 3, template=MessageTemplate.objects.get())
    if is_weekly or is_whole:
        add_variants(campaign=campaign, variants=[NewVariant("A", 1, "hi"), second])


def _forget(run: CampaignRun) -> None:
    cancel_run(run=run)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sending_delivery WHERE run_id = %s", [run.pk])
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM sending_delivery")
