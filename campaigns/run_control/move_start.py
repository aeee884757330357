"""Move the start of a scheduled run to another time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from campaigns.models import Campaign, CampaignRun
from campaigns.run_control.new_run import hold
from campaigns.run_control.reopening import not_possible
from campaigns.scheduling.times import deadline_of
from campaigns.scheduling.words import date_words
from clocks import shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.models import Run, RunEvent
from sending.states import RunState


def move_start(*, run: CampaignRun, to: datetime, by: Any = None) -> None:
    """Move a scheduled run; it takes its deadline along if that counts from the start.

    Args:
        run: the run.
        to: the new start.
        by: the operator; None for the command line.

    Raises:
        Refusal: the run is not scheduled any more (`wrong_state`), was approved for its time
            (`approved`), is a date of a repeated campaign (`repeated`), or the new start is past
            (`start_past`) or after the deadline (`deadline_past`).
    """
    if to <= shared.wall():
        raise Refusal(
            gettext("A campaign cannot start in the past: choose a later time."), code="start_past"
        )
    with transaction.atomic():
        campaign: Any = Campaign.objects.get(pk=run.campaign_id)
        hold(campaign)
        found = CampaignRun.objects.get(pk=run.pk)
        _refuse(found, campaign)
        deadline = deadline_of(campaign, starts_at=to)
        if deadline is not None and deadline <= to:
            raise Refusal(
                gettext(
                    "The deadline of “%(name)s”, %(at)s, is before that: choose an earlier start."
                )
                % {"name": campaign.name, "at": date_words(deadline, zone=campaign.timezone)},
                code="deadline_past",
            )
        campaign.starts_at = to
        if by is not None:
            campaign._history_user = by
        campaign.save(update_fields=["starts_at"])
        values = {"starts_at": to, "deadline_at": deadline}
        # The planner takes the run when its time has come; then it is not scheduled any more.
        if not Run.objects.filter(pk=run.pk, state=RunState.SCHEDULED).update(**values):
            raise not_possible(found, gettext("Its start has come."))
        when = date_words(to, zone=campaign.timezone)
        detail = _("The start was moved to %(when)s.") % {"when": when}
        RunEvent.objects.create(run_id=run.pk, state=RunState.SCHEDULED, detail=detail, by=by)


def _refuse(run: CampaignRun, campaign: Campaign) -> None:
    if run.state != RunState.SCHEDULED:
        raise not_possible(run, gettext("Only a scheduled start can be moved."))
    if campaign.repeat:
        raise Refusal(
            gettext("“%(name)s” is repeated: cancel this date, or change the rule.")
            % {"name": campaign.name},
            code="repeated",
        )
    if run.approval_id is not None:
        raise Refusal(
            gettext(
                "“%(name)s” was approved for this time. Cancel the run, change the start and ask "
                "for approval again."
            )
            % {"name": campaign.name},
            code="approved",
        )
