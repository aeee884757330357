"""The page *Reports*: the figures of all campaigns over a period, and its download."""

from __future__ import annotations

import calendar
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.admin.page_urls import campaign_url
from campaigns.admin.run import RUN_COLOURS
from campaigns.models import CampaignRun
from campaigns.reason_text import code_of_reason, reason_text
from campaigns.reports.period import PeriodReport, report_of_period
from campaigns.reports.period_figures import PeriodFigures
from campaigns.reports.period_table import write_period
from campaigns.reports.report_filter import account_words
from foundation.acts import take_out
from foundation.admin import require
from foundation.refusals import Refusal
from qqcampaign.console.report_filter_form import FILTERS, FilterForm
from sending.states import DeliveryState, RunState

#: Days of the period that is shown first.
DAYS = 30
#: Rows of a table on the page; the file has all runs.
SHOWN = 100
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PeriodForm(FilterForm):
    """The period and what the report is about, from the address."""

    field_order = ["since", "until", *FILTERS]

    since = forms.DateField(label=gettext_lazy("First day"), widget=_day_input())
    until = forms.DateField(label=gettext_lazy("Last day"), widget=_day_input())


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a table: words, address, figures, and its share of all people."""

    words: str
    address: str
    figures: PeriodFigures
    percent: float
    state: str = ""
    colour: str = ""
    at: datetime | None = None

    @property
    def reply_percent(self) -> float | None:
        """The share of people who replied, percent."""
        rate = self.figures.reply_rate
        return None if rate is None else 100 * rate


def reports_view(request: HttpRequest) -> HttpResponse:
    """Show the report of a period."""
    require(request.user.has_perm("campaigns.view_campaignrun"))
    form, report, problem = _read(request)
    context = {
        **admin.site.each_context(request),
        "title": _("Overall report"),
        "form": form,
        "problem": problem,
        "presets": _presets(request),
        "chosen_query": urlencode(chosen_in_address(request), doseq=True),
        **(_shown(report) if report is not None else {}),
    }
    return TemplateResponse(request, "console/reports/page.html", context)


def reports_file_view(request: HttpRequest, format: str) -> HttpResponse:
    """Send the runs of a period as a file; a period that cannot be shown leads to its page."""
    require(request.user.has_perm("campaigns.view_campaignrun"))
    if format not in TYPES:
        raise Http404
    _form, report, _problem = _read(request)
    if report is None:
        return reports_view(request)
    take_out(what="report", format=format, filters=request.GET.urlencode()[:500])
    out = io.BytesIO()
    write_period(report=report, format=format, out=out)
    response = HttpResponse(out.getvalue(), content_type=TYPES[format])
    name = f"report-{report.since}-{report.until}.{format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _read(request: HttpRequest) -> tuple[PeriodForm, PeriodReport | None, str]:
    """Return the form, the report, and why there is none."""
    today = timezone.localdate()
    asked = request.GET.copy()
    asked.setdefault("since", (today - timedelta(days=DAYS - 1)).isoformat())
    asked.setdefault("until", today.isoformat())
    for name in FILTERS:
        asked.setlist(name, [one for one in asked.getlist(name) if one])
    form = PeriodForm(asked)
    if not form.is_valid():
        return form, None, ""
    try:
        since, until = form.cleaned_data["since"], form.cleaned_data["until"]
        return form, report_of_period(since=since, until=until, chosen=form.chosen()), ""
    except Refusal as refusal:
        return form, None, refusal.sentence


def chosen_in_address(request: HttpRequest) -> dict[str, Any]:
    """Return what the address chooses, to be kept in other addresses."""
    found = {name: [one for one in request.GET.getlist(name) if one] for name in FILTERS}
    return {name: values for name, values in found.items() if values}


def _presets(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """Return words, address and whether it is shown, of the usual periods."""
    chosen = chosen_in_address(request)
    today = timezone.localdate()
    this_month = today.replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    end = last_month.replace(day=calendar.monthrange(last_month.year, last_month.month)[1])
    found = []
    for words, since, until in (
        (_("Today"), today, today),
        (_("7 days"), today - timedelta(days=6), today),
        (_("30 days"), today - timedelta(days=29), today),
        (_("This month"), this_month, today),
        (_("Last month"), last_month, end),
    ):
        asked: dict[str, Any] = {"since": since.isoformat(), "until": until.isoformat()}
        is_shown = all(request.GET.get(key) == value for key, value in asked.items())
        asked |= chosen
        found.append((words, f"?{urlencode(asked, doseq=True)}", is_shown))
    return found


def _shown(report: PeriodReport) -> dict[str, Any]:
    total = report.total
    runs = [
        _Line(
            f"{run.campaign.name} #{run.number}",
            campaign_url(run.campaign, run),
            figures,
            _percent(figures.targeted, total.targeted),
            str(run.get_state_display()),
            RUN_COLOURS[RunState(run.state)],
            run.planned_at,
        )
        for run, figures in report.runs[:SHOWN]
    ]
    labels = [
        _Line(
            label.name,
            f"{reverse('admin:campaigns_campaign_changelist')}?labels__id__exact={label.pk}",
            figures,
            _percent(figures.targeted, total.targeted),
        )
        for label, figures in report.labels
    ]
    accounts = [
        _Line(
            account_words(account),
            reverse("admin:accounts_account_change", args=[account.pk]),
            figures,
            _percent(figures.targeted, total.targeted),
        )
        for account, figures in report.accounts[:SHOWN]
    ]
    return {
        "report": report,
        "nothing_ran": not report.runs and not CampaignRun.objects.exists(),
        "total": _Line("", "", total, 100.0),
        "sent_percent": _percent(total.sent, total.targeted),
        "failed": total.states[DeliveryState.FAILED],
        "unknown": total.states[DeliveryState.UNKNOWN],
        "runs": runs,
        "runs_left": max(0, len(report.runs) - SHOWN),
        "labels": labels,
        "accounts": accounts,
        "accounts_more": max(0, len(report.accounts) - SHOWN),
        "reasons": [
            (
                DeliveryState(state).label,
                reason_text(reason),
                code_of_reason(reason),
                n,
                _percent(n, total.targeted),
            )
            for state, reason, n in report.reasons
        ],
        "has_results": any(taken or other for taken, other in report.days.values()),
        "days": [(day, *both) for day, both in reversed(report.days.items()) if any(both)],
        **({"chart": _chart(report), "heat": _heat(report.hours)} if report.days else {}),
    }


def _percent(n: int, whole: int) -> float:
    return 100 * n / whole if whole else 0.0


def _chart(report: PeriodReport) -> dict[str, Any]:
    midnights = [datetime.combine(day, time(), report.zone) for day in report.days]
    taken, other = zip(*report.days.values(), strict=True)
    return {
        "starts": [int(at.timestamp()) for at in midnights],
        "width": 86_400,
        "timezone": report.zone.key,
        "time": _("Day"),
        "series": [
            {"words": _("sent"), "colour": "success", "values": taken},
            {"words": _("other results"), "colour": "danger", "values": other},
        ],
    }


def _heat(hours: Sequence[Sequence[int]]) -> list[tuple[str, list[tuple[int, int, int]]]]:
    """Return by weekday the hours: (hour, messages, strength from 0 to 100)."""
    most = max(max(row) for row in hours)
    return [
        (
            str(WEEKDAYS[weekday]),
            [(hour, n, round(_percent(n, most))) for hour, n in enumerate(row)],
        )
        for weekday, row in enumerate(hours)
    ]
