"""The schedule on a campaign's pages: its next dates, also in the form, and its actions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.admin.campaign_form import CampaignForm
from campaigns.admin.page_urls import campaign_url
from campaigns.models import Campaign
from campaigns.run_control.schedule import (
    cancel_date,
    end_schedule,
    pause_schedule,
    restore_date,
    resume_schedule,
)
from campaigns.scheduling.dates import next_dates
from campaigns.scheduling.words import (
    date_words,
    deadline_words,
    end_words,
    rule_words,
    schedule_sentence,
    window_lines,
)
from campaigns.states import OccurrenceState, ScheduleState
from foundation.admin import confirmation, require
from foundation.refusals import Refusal
from foundation.times import utc_iso
from sending.runs.windows import load_quiet_hours, quiet_for

#: Next dates shown on the campaign's page and in the form, and past dates shown on the page.
SHOWN_DATES, SHOWN_PAST = 5, 10

#: For each action: its label, the sentence of its confirmation, and the service.
VERBS: dict[str, tuple[Any, Any, Callable[..., Any]]] = {
    "pause": (
        gettext_lazy("Pause the schedule"),
        gettext_lazy(
            "No run starts until you resume it, and dates that pass meanwhile are skipped. A "
            "run under way continues."
        ),
        pause_schedule,
    ),
    "resume": (
        gettext_lazy("Resume the schedule"),
        gettext_lazy("It continues with its next date from now."),
        resume_schedule,
    ),
    "end": (
        gettext_lazy("End the schedule"),
        gettext_lazy("All dates to come are cancelled. A run under way continues."),
        end_schedule,
    ),
    "cancel-date": (
        gettext_lazy("Cancel this date"),
        gettext_lazy("Nothing starts on this date. The other dates stay."),
        cancel_date,
    ),
    "restore-date": (
        gettext_lazy("Restore this date"),
        gettext_lazy("The campaign starts on this date again."),
        restore_date,
    ),
}
OFFERED: dict[str, list[str]] = {
    ScheduleState.AWAITING_APPROVAL: ["end"],
    ScheduleState.ON: ["pause", "end"],
    ScheduleState.PAUSED: ["resume", "end"],
}


class CampaignSchedule:
    """Mixin of CampaignAdmin: the views of the schedule."""

    def dates_view(self, request: HttpRequest) -> HttpResponse:
        """Return the next dates of the schedule that is being edited, in words."""
        require(self.has_view_permission(request))  # type: ignore[attr-defined]
        form = CampaignForm(request.GET)
        form.is_valid()
        data = form.cleaned_data
        context: dict[str, Any] = {"is_repeated": bool(request.GET.get("repeat_0"))}
        errors = [*form.errors.get("repeat", ()), *form.errors.get("starts_at", ())]
        if errors:
            context["problem"] = errors[0]
        elif "timezone" in data:
            draft = Campaign(
                repeat=data.get("repeat", ""),
                starts_at=data.get("starts_at"),
                repeat_until=data.get("repeat_until"),
                repeat_times=data.get("repeat_times"),
                timezone=data["timezone"],
            )
            zone = draft.timezone
            context["dates"] = [
                date_words(at, zone=zone) for at in next_dates(campaign=draft, most=SHOWN_DATES)
            ]
        return TemplateResponse(request, "console/campaign/dates.html", context)

    def schedule_view(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Ask for confirmation (GET), or perform an action on the schedule (POST)."""
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        if verb not in VERBS:
            raise Http404
        words, sentence, act = VERBS[verb]
        more = {"at": _moment(request)} if verb.endswith("-date") else {}
        if request.method == "POST":
            try:
                act(campaign=campaign, by=request.user, **more)
                campaign.refresh_from_db()
                messages.success(request, schedule_sentence(campaign))
            except Refusal as refusal:
                messages.error(request, refusal.sentence)
            return HttpResponseRedirect(campaign_url(campaign, run))
        what = date_words(more["at"], zone=campaign.timezone) if more else campaign
        return confirmation(
            request,
            self,
            title=_("%(verb)s: %(what)s?") % {"verb": words, "what": what},
            sentences=[sentence],
            verb=str(words),
            back=campaign_url(campaign, run),
            is_dangerous=verb == "end",
            hidden=[("at", request.GET.get("at", ""))] if more else (),
        )


def schedule_context(campaign: Campaign) -> dict[str, Any]:
    """Return the schedule for the campaign's page: its state, next dates and past dates."""
    if not campaign.repeat:
        return {}
    zone = campaign.timezone
    decided = campaign.occurrences.select_related("run").order_by("-at")
    past = decided.exclude(state=OccurrenceState.CANCELLED)[:SHOWN_PAST]
    dates = next_dates(campaign=campaign, most=SHOWN_DATES)
    cancelled = decided.filter(state=OccurrenceState.CANCELLED)[:SHOWN_PAST]
    return {
        "schedule": {
            "sentence": schedule_sentence(campaign),
            "verbs": [(name, VERBS[name][0]) for name in OFFERED.get(campaign.schedule_state, ())],
            "dates": [(utc_iso(at), date_words(at, zone=zone)) for at in dates],
            "is_on": campaign.schedule_state == ScheduleState.ON,
            "past": [(one, date_words(one.at, zone=zone)) for one in past],
            "cancelled": [(utc_iso(one.at), date_words(one.at, zone=zone)) for one in cancelled],
        }
    }


def _moment(request: HttpRequest) -> datetime:
    text = request.POST.get("at") or request.GET.get("at") or ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if moment.tzinfo is None:
        raise Http404
    return moment


def schedule_facts(campaign: Campaign) -> list[tuple[str, list[str]]]:
    """Return the settings of the campaign about times, as (label, lines)."""
    zone, holidays = campaign.timezone, campaign.holidays
    facts: list[tuple[str, Any]] = [
        (
            _("Starts"),
            date_words(campaign.starts_at, zone=zone)
            if campaign.starts_at is not None
            else _("when it is started"),
        )
    ]
    if campaign.repeat:
        words = ", ".join(filter(None, (rule_words(campaign.repeat), end_words(campaign))))
        facts.append((_("Repeated"), words))
    lines = window_lines(campaign.windows)
    hours = [f"{days}: {hours}" for days, hours in lines] or [_("at any hour")]
    facts.append((_("Sends"), [*hours, f"({zone})"]))
    if holidays is not None:
        facts.append((_("Holidays"), _("nothing on those of “%(name)s”") % {"name": holidays}))
    quiet = quiet_for(zone=zone, quiet=load_quiet_hours())
    if campaign.overrides_quiet_hours:
        facts.append((_("Quiet hours"), _("not observed")))
    elif quiet:
        told = ", ".join(f"{one.start:%H:%M}–{one.end:%H:%M} ({one.zone})" for one in quiet)
        facts.append((_("Quiet hours"), told))
    facts.append((_("A late start"), campaign.get_late_display()))
    deadline = deadline_words(campaign)
    if deadline:
        facts.append((_("Deadline"), deadline))
    return [(label, words if isinstance(words, list) else [words]) for label, words in facts]
