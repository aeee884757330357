"""What the engine and planning still need of old runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, CampaignRun, DefaultCap
from foundation.caps import cap_of
from sending.models import CapOrigin, OnceAcross, Run
from sending.states import ACTIVE_RUN_STATES

DAY = timedelta(days=1)
#: The windows of a day, the warm-up of yesterday and the breakers look so far back.
ENGINE = 2 * DAY
_ENGINE_WHY = _("the limits of a day, warm-ups and breakers look that far back")
_CAP_WHY = _("a frequency cap counts the messages of that time")
_REPLY_WHY = _("replies are tied to messages of that time (REPLY_WITHIN_DAYS)")


def for_the_engine() -> tuple[timedelta, Any]:
    """Return the least age of everything, and why."""
    return ENGINE, _ENGINE_WHY


def for_caps() -> tuple[timedelta, Any]:
    """Return the least age of what frequency caps count, and why."""
    return max((ENGINE, _ENGINE_WHY), (longest_cap() + DAY, _CAP_WHY), key=lambda found: found[0])


def for_replies() -> tuple[timedelta, Any]:
    """Return the least age of deliveries, and why."""
    replies = timedelta(days=settings.REPLY_WITHIN_DAYS) + DAY
    return max(for_caps(), (replies, _REPLY_WHY), key=lambda found: found[0])


def longest_cap() -> timedelta:
    """Return the longest time of a frequency cap that is in force."""
    written = cap_of(settings.FREQUENCY_CAP) if settings.FREQUENCY_CAP else None
    days = [
        Campaign.objects.aggregate(n=Max("cap_days"))["n"] or 0.0,
        DefaultCap.objects.aggregate(n=Max("days"))["n"] or 0.0,
    ]
    seconds = [
        Run.objects.filter(state__in=ACTIVE_RUN_STATES).aggregate(n=Max("cap_seconds"))["n"] or 0,
        written.seconds if written is not None else 0,
    ]
    return max(timedelta(days=max(days)), timedelta(seconds=max(seconds)))


def campaigns_in_use() -> set[int]:
    """Return the keys of the campaigns whose people other campaigns, or active runs, ask for.

    Once across campaigns has no end of time, and so has the audience of an earlier run.
    """
    found: set[int] = set()
    for links in Campaign.once_across.through.objects.values_list(
        "from_campaign_id", "to_campaign_id"
    ):
        found.update(links)
    active = Run.objects.filter(state__in=ACTIVE_RUN_STATES).values("pk")
    for model in (OnceAcross, CapOrigin):
        origins = model.objects.filter(run__in=active).values_list("origin", flat=True).distinct()
        found |= {int(name.partition(":")[2]) for name in origins if name.startswith("campaign:")}
    for columns in Campaign.objects.exclude(
        earlier_people=[], excluded_earlier_people=[]
    ).values_list("earlier_people", "excluded_earlier_people"):
        found |= {rule["campaign"] for rules in columns for rule in rules or ()}
    for columns in CampaignRun.objects.filter(state__in=ACTIVE_RUN_STATES).values_list(
        "earlier_people", "excluded_earlier_people"
    ):
        runs = [group["run"] for groups in columns for group in groups or ()]
        found |= set(CampaignRun.objects.filter(pk__in=runs).values_list("campaign_id", flat=True))
    return found
