"""What a step of making a campaign leads to, for the place beside its fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.states import WORKING_STATES
from campaigns.admin.campaign_preflight import SHOWN, shares_with_keys, skipped_lines
from campaigns.admin.campaign_rehearsal import rehearsal_context
from campaigns.admin.campaign_verbs import before_verb
from campaigns.approvals.need import approval_needed
from campaigns.models import Campaign
from campaigns.planning.preflight import count_people, preflight
from campaigns.planning.preflight_people import audience_of, takes_long_to_count
from campaigns.planning.preflight_result import Allocation, Preflight
from campaigns.planning.senders import accounts_of
from campaigns.scheduling.dates import next_dates
from campaigns.scheduling.month_view import months_of
from campaigns.scheduling.times import campaign_times
from campaigns.scheduling.words import date_words
from clocks import shared
from contacts.models import Contact, ContactList
from foundation.refusals import Refusal
from sending.runs.figures import Figures
from sending.runs.windows import forecast
from sending.states import RunState

#: Steps whose consequences need the people counted.
COUNTING = ("who", "senders", "check")
#: Dates in words, and dates that the calendar marks.
WORDED_DATES, MARKED_DATES = 1, 200


def result_template(context: dict[str, Any]) -> str:
    """Return the template of the result of a step, whose context `first_consequences` made."""
    name = "counting" if context["is_counting"] else f"{context['step']}_result"
    return f"console/campaign/steps/{name}.html"


def first_consequences(campaign: Campaign | None, step: str) -> dict[str, Any]:
    """Return the context of the result of a step; without figures if counting takes long.

    The result then asks for itself, when the page is there.
    """
    is_counting = (
        campaign is not None
        and step in COUNTING
        and _has_audience(campaign)
        and takes_long_to_count(campaign=campaign)
    )
    found = _facts(step) if is_counting else consequences(campaign, step)
    return {"step": step, "is_counting": is_counting, **found}


def consequences(campaign: Campaign | None, step: str) -> dict[str, Any]:
    """Return the context of the result of a step, however long it takes.

    Args:
        campaign: the campaign, as saved; None for one that is not begun.
        step: its name.
    """
    facts = _facts(step)
    if campaign is None:
        return facts
    if step == "who":
        return {**facts, **_people(campaign)}
    if step == "senders":
        return {**facts, **_loads(campaign)}
    if step == "when":
        return _dates(campaign)
    if step == "check":
        return _check(campaign)
    return {"has_variants": campaign.variants.exists()}


def _facts(step: str) -> dict[str, Any]:
    """Return what a step needs to know of the installation, whatever the campaign is."""
    if step == "who":
        return {
            "has_people": Contact.objects.exists(),
            "has_lists": ContactList.objects.filter(archived_at=None).exists(),
            "has_accounts": Account.objects.exists(),
        }
    if step == "senders":
        return {"has_accounts": Account.objects.exists()}
    return {}


def _people(campaign: Campaign) -> dict[str, Any]:
    if not _has_audience(campaign):
        return {}
    found, problem = _counted(campaign)
    reachable = found.sendable + found.skipped.get("no_account", 0)
    return {
        "found": found,
        "problem": problem,
        "friends": reachable,
        "skipped": skipped_lines(found),
        "may_be_more": bool(found.skipped.get("not_a_friend"))
        and accounts_of(campaign=campaign).working().filter(friends_synced_at=None).exists(),
    }


def _counted(campaign: Campaign) -> tuple[Preflight, str]:
    """Return a preflight without texts, and why the people could not be counted."""
    try:
        counted = count_people(campaign=campaign, audience=audience_of(campaign=campaign))
    except Refusal as refusal:
        return Preflight(), refusal.sentence
    return preflight(campaign=campaign, counted=counted), ""


def _has_audience(campaign: Campaign) -> bool:
    return bool(campaign.earlier_people or campaign.lists.exists() or campaign.segments.exists())


def _loads(campaign: Campaign) -> dict[str, Any]:
    """Return what each account would carry, and until when."""
    if not _has_audience(campaign):
        return {"has_audience": False}
    found, problem = _counted(campaign)
    working = Account.objects.filter(state__in=WORKING_STATES).exists()
    return {
        "has_audience": True,
        "has_working": working,
        "found": found,
        "problem": problem,
        "loads": [
            (key, share, _end_of(campaign, found, share))
            for key, share in shares_with_keys(found, most=SHOWN)
        ],
    }


def _end_of(campaign: Campaign, found: Preflight, share: Allocation) -> datetime | None:
    """Return when an account would be done; None if that is too far ahead."""
    times = campaign_times(campaign)
    begins = found.starts_at or shared.wall()
    return forecast(now=begins, seconds=share.seconds, times=times)


def _dates(campaign: Campaign) -> dict[str, Any]:
    """Return the calendar of a campaign's dates."""
    dates = next_dates(campaign=campaign, most=MARKED_DATES)
    return {
        "dates": [date_words(at, zone=campaign.timezone) for at in dates[:WORDED_DATES]],
        "months": months_of(
            dates=dates,
            times=campaign_times(campaign),
            zone=campaign.timezone,
            holidays=campaign.holidays,
            now=shared.wall(),
        ),
        "is_repeated": bool(campaign.repeat),
    }


def _check(campaign: Campaign) -> dict[str, Any]:
    """Return the preflight, and what the button does."""
    found = preflight(campaign=campaign)
    verb = "start-schedule" if campaign.repeat else "start"
    return {
        "found": found,
        "skipped": skipped_lines(found),
        "shares": shares_with_keys(found, most=SHOWN),
        "verb": verb,
        "verb_words": _start_words(campaign),
        "before": before_verb(campaign, verb, Figures(state=RunState.DRAFT)),
        **rehearsal_context(campaign),
    }


def _start_words(campaign: Campaign) -> str:
    """Return what the button of the last step does."""
    if approval_needed(campaign):
        return _("Ask for approval")
    if campaign.repeat:
        return _("Start the schedule")
    if campaign.starts_at is not None and campaign.starts_at > shared.wall():
        return _("Schedule it")
    return _("Start now")
