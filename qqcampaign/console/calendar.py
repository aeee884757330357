"""The page *Calendar*: a month of starts, holidays and clashes; and the page that moves a start."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.admin.page_urls import campaign_url
from campaigns.models import CampaignRun, Holiday
from campaigns.run_control.move_start import move_start
from campaigns.scheduling.calendar import Entry, entries_between
from campaigns.scheduling.day_quotas import Overload, overloads
from foundation.admin import require
from foundation.refusals import Refusal

#: The first and the last year that are shown.
FIRST_YEAR, LAST_YEAR = 2000, 2999
#: The most starts of a day, and the most clashing starts, that are listed; the others are counted.
SHOWN_ON_A_DAY, SHOWN_CLASHES = 6, 50


@dataclass
class _Day:
    """One day of the month's sheet."""

    date: date
    is_of_month: bool
    is_today: bool
    entries: list[dict[str, Any]] = field(default_factory=list)
    holidays: list[str] = field(default_factory=list)
    left: int = 0


class MoveForm(forms.Form):
    """The new start, in the campaign's time zone."""

    to = forms.DateTimeField(
        label=gettext_lazy("Start"),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": "q-input"}, format="%Y-%m-%dT%H:%M"
        ),
    )


def calendar_view(request: HttpRequest) -> HttpResponse:
    """Show the starts of a month, `?month=2026-12`."""
    require(request.user.has_perm("campaigns.view_campaign"))
    month = _month(request.GET.get("month", ""))
    zone = ZoneInfo(timezone.get_default_timezone_name())
    weeks = calendar.Calendar().monthdatescalendar(month.year, month.month)
    days = {
        day: _Day(day, day.month == month.month, day == timezone.localdate())
        for week in weeks
        for day in week
    }
    begin = datetime.combine(weeks[0][0], time(), zone)
    end = datetime.combine(weeks[-1][-1] + timedelta(days=1), time(), zone)
    entries = entries_between(begin, end)
    may_change = request.user.has_perm("campaigns.change_campaign")
    for entry in entries:
        day = days[entry.at.astimezone(zone).date()]
        if len(day.entries) < SHOWN_ON_A_DAY:
            day.entries.append(_shown(entry, zone, may_change=may_change))
        else:
            day.left += 1
    for holiday in Holiday.objects.filter(date__in=days).select_related("calendar"):
        days[holiday.date].holidays.append(holiday.name or str(holiday.get_kind_display()))
    clashing = [entry for entry in entries if entry.clashes]
    context = {
        **admin.site.each_context(request),
        "title": _("Calendar"),
        "month": month,
        "zone": zone.key,
        "before": _other(month, -1),
        "after": _other(month, 1),
        "weekdays": [(WEEKDAYS[n], WEEKDAYS_ABBR[n]) for n in range(7)],
        "weeks": [[days[day] for day in week] for week in weeks],
        "is_empty": not entries,
        "clashing": [
            _shown(entry, zone, may_change=may_change) for entry in clashing[:SHOWN_CLASHES]
        ],
        "clashes_left": max(0, len(clashing) - SHOWN_CLASHES),
        "overloads": [_overload_words(one) for one in overloads(entries, zone)],
    }
    return TemplateResponse(request, "console/calendar/month.html", context)


def _overload_words(found: Overload) -> str:
    values = {
        "day": f"{found.day:%m-%d}",
        "names": ", ".join(found.campaigns),
        "people": number_format(found.people, force_grouping=True),
        "quota": number_format(found.quota, force_grouping=True),
        "n": found.accounts,
    }
    words = ngettext(
        "%(day)s, %(names)s: up to %(people)s people, but the account may send %(quota)s messages "
        "a day. The rest is sent on later days.",
        "%(day)s, %(names)s: up to %(people)s people, but the %(n)d accounts may send %(quota)s "
        "messages a day. The rest is sent on later days.",
        found.accounts,
    )
    return words % values


def move_view(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show the form for the new start of a scheduled run (GET), or move the start (POST)."""
    require(request.user.has_perm("campaigns.change_campaign"))
    if run_id > models.BigIntegerField.MAX_BIGINT:
        raise Http404
    run = get_object_or_404(CampaignRun.objects.select_related("campaign"), pk=run_id)
    zone = ZoneInfo(run.timezone)
    before = timezone.localtime(run.starts_at or run.created_at, zone)
    with timezone.override(zone):
        form = MoveForm(request.POST or None, initial={"to": before})
        if form.is_valid():
            try:
                move_start(run=run, to=form.cleaned_data["to"], by=request.user)
            except Refusal as refusal:
                messages.error(request, refusal.sentence)
            else:
                words = _("“%(name)s” starts on %(when)s.")
                when = timezone.localtime(form.cleaned_data["to"], zone).strftime("%Y-%m-%d %H:%M")
                messages.success(request, words % {"name": run.campaign.name, "when": when})
            to = timezone.localtime(form.cleaned_data["to"])
            return HttpResponseRedirect(f"{reverse('calendar')}?month={to:%Y-%m}")
        context = {
            **admin.site.each_context(request),
            "title": _("Move the start of “%(name)s”") % {"name": run.campaign.name},
            "form": form,
            "back": f"{reverse('calendar')}?month={before:%Y-%m}",
            "zone": zone.key,
        }
        return TemplateResponse(request, "console/calendar/move.html", context).render()


def _month(text: str) -> date:
    """Return the first day of a month given as 2026-12; of this month if it is none."""
    try:
        found = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        found = timezone.localdate()
    year = min(max(found.year, FIRST_YEAR), LAST_YEAR)
    return found.replace(year=year, day=1)


def _other(month: date, step: int) -> str:
    year, number = divmod(month.year * 12 + month.month - 1 + step, 12)
    return f"{year:04}-{number + 1:02}"


def _shown(entry: Entry, zone: ZoneInfo, *, may_change: bool) -> dict[str, Any]:
    run = entry.run
    at = timezone.localtime(entry.at, zone)
    return {
        "name": entry.campaign.name,
        "at": at,
        "address": campaign_url(entry.campaign, run),
        "state": run.get_state_display() if run is not None else _("scheduled"),
        "is_ahead": entry.is_ahead,
        "move": reverse("calendar-move", args=[run.pk])
        if run is not None and entry.is_movable and may_change
        else "",
        "own_at": timezone.localtime(entry.at, ZoneInfo(entry.campaign.timezone)),
        "clashes": [
            _("“%(name)s” also writes to %(lists)s within 7 days")
            % {"name": name, "lists": ", ".join(lists)}
            for name, lists in entry.clashes.items()
        ],
    }
