"""The service that changes a campaign's own rate and priority, also while its run is sending."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext, ngettext

from campaigns.creation.pace import Pace, pace_of, refuse_pace
from campaigns.models import Campaign
from foundation.locked_rows import locked_row
from foundation.sentences import Sentence as _
from sending.models import Run, RunEvent
from sending.states import ACTIVE_RUN_STATES, URGENT


def change_pace(*, campaign: Campaign, to: Pace, by: Any = None) -> None:
    """Change a campaign's rate and priority; its active run takes them over within a second.

    Args:
        campaign: the campaign.
        to: the new pace.
        by: the operator; None for the command line.

    Raises:
        Refusal: the pace is out of bounds, or the campaign was deleted.
    """
    refuse_pace(to)
    with transaction.atomic():
        found: Any = locked_row(campaign)
        if pace_of(found) != to:
            found.per_minute, found.priority = to.per_minute, to.priority
            found._history_user = by
            found.save(update_fields=["per_minute", "priority"])
        apply_pace(campaign=found, by=by)
    campaign.per_minute, campaign.priority = to.per_minute, to.priority


def apply_pace(*, campaign: Campaign, by: Any = None) -> None:
    """Copy a campaign's pace to its active run, if the run's pace differs."""
    to = pace_of(campaign)
    with transaction.atomic():
        runs = Run.objects.filter(campaign_run__campaign=campaign, state__in=ACTIVE_RUN_STATES)
        for run in runs.select_for_update(of=("self",)):
            if Pace(run.per_minute, run.priority) == to:
                continue
            Run.objects.filter(pk=run.pk).update(per_minute=to.per_minute, priority=to.priority)
            RunEvent.objects.create(run=run, state=run.state, detail=_changed(to), by=by)


def pace_sentence(pace: Pace) -> str:
    """Return a pace in words."""
    if pace.per_minute is None:
        rate = gettext("as fast as its accounts may")
    else:
        rate = ngettext(
            "at most %(n)s message a minute", "at most %(n)s messages a minute", pace.per_minute
        ) % {"n": f"{pace.per_minute:,}"}
    if pace.priority == URGENT:
        return gettext("It sends %(rate)s, and before all campaigns that are not urgent.") % {
            "rate": rate
        }
    return gettext("It sends %(rate)s, with priority %(priority)s.") % {
        "rate": rate,
        "priority": pace.priority,
    }


def _changed(to: Pace) -> str:
    if to.per_minute is None:
        return _("It has no rate of its own now; priority %(priority)d.") % {
            "priority": to.priority
        }
    return _("Its own rate is %(n)d a minute now; priority %(priority)d.") % {
        "n": to.per_minute,
        "priority": to.priority,
    }
