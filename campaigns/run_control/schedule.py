"""The services of a repeated campaign's schedule: start, pause, resume, end, cancel one date."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.approvals.coverage import approval_of_rule
from campaigns.approvals.need import approval_needed
from campaigns.approvals.requests import withdraw_request
from campaigns.models import Campaign, Occurrence
from campaigns.rehearsals.lifecycle import rehearse_open_request
from campaigns.run_control.ask_approval import ask_for_rule
from campaigns.run_control.new_run import refuse_active, refuse_unready
from campaigns.run_control.operator_name import operator_name
from campaigns.scheduling.dates import MOST_DATES, beginning, next_dates
from campaigns.states import STARTED_SCHEDULE_STATES, OccurrenceState, ScheduleState
from clocks import shared
from foundation.archiving import refuse_archived
from foundation.locked_rows import locked_row
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from foundation.times import clock, utc_iso


def start_schedule(*, campaign: Campaign, by: Any = None) -> datetime:
    """Start a repeated campaign: from now on its dates start runs. Return the first date.

    If it needs an approval and has none for its present rule, the schedule waits for one.

    Args:
        campaign: the campaign.
        by: the operator; None for the command line.

    Raises:
        Refusal: it is started already or a run is active (`already_active`), no date lies ahead
            (`no_dates`), or it could send nothing (see `refuse_unready`).
    """
    with transaction.atomic():
        campaign = locked_row(campaign)
        if campaign.schedule_state in STARTED_SCHEDULE_STATES:
            raise _refused(
                campaign, _("Its schedule is started already. End it first."), "already_active"
            )
        refuse_archived(campaign)
        refuse_active(campaign)
        refuse_unready(campaign)
        campaign.occurrences.filter(
            state__in=(OccurrenceState.CANCELLED, OccurrenceState.WAITING)
        ).delete()
        campaign.scheduled_through = beginning(campaign, shared.wall())
        campaign.dates_passed = 0
        if approval_needed(campaign) and approval_of_rule(campaign) is None:
            hold_schedule(campaign, by=by)
        else:
            _set(campaign, ScheduleState.ON, by=by)
        dates = next_dates(campaign=campaign, most=1)
        if not dates:
            raise _refused(
                campaign,
                _("Its schedule has no date ahead: change the repetition or its end."),
                "no_dates",
            )
    rehearse_open_request(campaign)
    return dates[0]


def hold_schedule(campaign: Campaign, *, by: Any, detail: str = "") -> None:
    """Let a schedule wait for an approval of its rule, in the caller's transaction."""
    ask_for_rule(campaign=campaign, by=by)
    _set(campaign, ScheduleState.AWAITING_APPROVAL, by=by, detail=detail)


def ask_again_if_changed(*, campaign: Campaign, by: Any = None) -> None:
    """Let an active schedule wait for an approval if its present rule has none.

    To be called after a change. Changes elsewhere, as of a template, are noticed on the next date.
    """
    with transaction.atomic():
        campaign = locked_row(campaign)
        if not campaign.repeat or not approval_needed(campaign):
            return
        if approval_of_rule(campaign) is not None:
            return
        if campaign.schedule_state == ScheduleState.AWAITING_APPROVAL:
            ask_for_rule(campaign=campaign, by=by)
        elif campaign.schedule_state == ScheduleState.ON:
            hold_schedule(campaign, by=by, detail=_("It was changed since it was approved."))
    rehearse_open_request(campaign)


def begin_schedule(campaign: Campaign, *, by: Any) -> None:
    """Start the schedule of a campaign whose rule was approved, in the caller's transaction.

    Dates that passed while it waited are not made up for, except one that waited for the approval.
    """
    now = shared.wall()
    if not campaign.occurrences.filter(state=OccurrenceState.WAITING).exists():
        through = campaign.scheduled_through or now
        campaign.scheduled_through = max(through, beginning(campaign, now))
    _set(campaign, ScheduleState.ON, by=by)


def send_schedule_back(campaign: Campaign, *, detail: str, by: Any) -> None:
    """Return a schedule that waited for an approval to "not started", with the reason."""
    _drop_waiting(campaign, detail)
    _set(campaign, ScheduleState.OFF, by=by, detail=detail)


def pause_schedule(*, campaign: Campaign, by: Any = None) -> None:
    """Pause a schedule. Dates that pass meanwhile start nothing and are not made up for.

    A run under way continues.

    Raises:
        Refusal: the schedule is not active (`wrong_state`).
    """
    with transaction.atomic():
        campaign = locked_row(campaign)
        if campaign.schedule_state != ScheduleState.ON:
            raise _refused(campaign, _("Only an active schedule can be paused."), "wrong_state")
        _drop_waiting(campaign, _("The schedule was paused."))
        _set(campaign, ScheduleState.PAUSED, by=by)


def resume_schedule(*, campaign: Campaign, by: Any = None) -> datetime | None:
    """Resume a paused schedule with its next date from now; return it, or None if none is left.

    Raises:
        Refusal: the schedule is not paused (`wrong_state`).
    """
    with transaction.atomic():
        campaign = locked_row(campaign)
        if campaign.schedule_state != ScheduleState.PAUSED:
            raise _refused(campaign, _("Only a paused schedule can be resumed."), "wrong_state")
        now = shared.wall()
        campaign.scheduled_through = max(campaign.scheduled_through or now, now)
        _set(campaign, ScheduleState.ON, by=by)
        dates = next_dates(campaign=campaign, most=1)
    return dates[0] if dates else None


def end_schedule(*, campaign: Campaign, by: Any = None) -> None:
    """End a schedule: no further date starts a run. A run under way continues.

    Raises:
        Refusal: the schedule is neither active nor paused (`wrong_state`).
    """
    with transaction.atomic():
        campaign = locked_row(campaign)
        if campaign.schedule_state not in STARTED_SCHEDULE_STATES:
            raise _refused(campaign, _("It has no active schedule."), "wrong_state")
        _drop_waiting(campaign, _("The schedule was ended."))
        withdraw_request(campaign, by=by)
        _set(campaign, ScheduleState.ENDED, by=by, detail=_("Ended by an operator."))


def cancel_date(*, campaign: Campaign, at: datetime, by: Any = None) -> None:
    """Cancel one date of a schedule; the others stay. It counts as one of a number of dates.

    Raises:
        Refusal: the campaign does not start at that moment (`date_unknown`).
    """
    with transaction.atomic():
        campaign = locked_row(campaign)
        waiting = campaign.occurrences.filter(at=at, state=OccurrenceState.WAITING)
        if not waiting.exists() and at not in next_dates(campaign=campaign, most=MOST_DATES):
            raise _date_unknown(campaign, at)
        Occurrence.objects.update_or_create(
            campaign=campaign,
            at=at,
            defaults={
                "state": OccurrenceState.CANCELLED,
                "detail": _("Cancelled by %(who)s.") % {"who": operator_name(by)},
                "changed_at": shared.wall(),
            },
        )
        _note(campaign, f"cancelled the date {utc_iso(at)}", by)


def restore_date(*, campaign: Campaign, at: datetime, by: Any = None) -> None:
    """Take back the cancellation of a date to come.

    Raises:
        Refusal: that date is not a cancelled one to come (`date_unknown`).
    """
    with transaction.atomic():
        campaign = locked_row(campaign)
        to_come = campaign.occurrences.filter(
            at=at, at__gt=shared.wall(), state=OccurrenceState.CANCELLED
        )
        if not to_come.delete()[0]:
            raise _date_unknown(campaign, at)
        _note(campaign, f"restored the date {utc_iso(at)}", by)


def apply_changed_schedule(*, campaign: Campaign) -> None:
    """Apply an edited rule from now on: its past dates start nothing.

    Cancelled dates of the old rule are deleted.
    """
    now = shared.wall()
    with transaction.atomic():
        campaign = locked_row(campaign)
        if campaign.schedule_state not in STARTED_SCHEDULE_STATES:
            return
        campaign.occurrences.filter(state=OccurrenceState.WAITING).update(not_before=None)
        if not campaign.repeat:
            _drop_waiting(campaign, _("The campaign is no longer repeated."))
            withdraw_request(campaign)
            _set(campaign, ScheduleState.OFF, by=None)
            return
        campaign.occurrences.filter(state=OccurrenceState.CANCELLED, at__gt=now).delete()
        through = max(campaign.scheduled_through or now, beginning(campaign, now))
        Campaign.objects.filter(pk=campaign.pk).update(scheduled_through=through)


def _set(campaign: Campaign, state: str, *, by: Any, detail: str = "") -> None:
    campaign.schedule_state, campaign.schedule_detail = state, detail
    _note_operator(campaign, by)
    campaign.save(
        update_fields=["schedule_state", "schedule_detail", "scheduled_through", "dates_passed"]
    )


def _note(campaign: Campaign, reason: str, by: Any) -> None:
    """Write a change that is in no column of the campaign into its history."""
    _note_operator(campaign, by, reason=reason)
    campaign.save(update_fields=["schedule_detail"])


def _note_operator(campaign: Any, by: Any, *, reason: str = "") -> None:
    """Set the operator of the next entry in the history; None: the operator of the request."""
    if by is not None:
        campaign._history_user = by
    campaign._change_reason = reason


def _drop_waiting(campaign: Campaign, detail: str) -> None:
    campaign.occurrences.filter(state=OccurrenceState.WAITING).update(
        state=OccurrenceState.DROPPED, detail=detail, changed_at=shared.wall()
    )


def _refused(campaign: Campaign, advice: str, code: str) -> Refusal:
    return Refusal(
        _("“%(name)s”: %(advice)s") % {"name": campaign.name, "advice": advice}, code=code
    )


def _date_unknown(campaign: Campaign, at: datetime) -> Refusal:
    dates = next_dates(campaign=campaign, most=3)
    told = ", ".join(f"{day:%Y-%m-%d %H:%MZ}" for day in dates) or "–"
    return Refusal(
        _("“%(name)s” has no such date: %(at)s. Its next dates: %(dates)s.")
        % {
            "name": campaign.name,
            "at": clock(at, zone=campaign.timezone),
            "dates": told,
        },
        code="date_unknown",
    )
