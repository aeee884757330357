"""The page of saved reports: their periods, when they are sent to whom, and what became of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from campaigns.admin.campaign_form import timezone_choices
from campaigns.models import ReportMail, SavedReport
from campaigns.report_states import MailState, ReportPeriod
from campaigns.reports.relative_period import days_of
from campaigns.saved_reports.keep import (
    delete_report,
    filter_of,
    save_report,
    schedule_report,
    stop_report,
)
from campaigns.saved_reports.recipients import address_of, fit_users
from campaigns.scheduling.rule import read_rule
from campaigns.scheduling.words import DAY_NAMES, rule_words
from foundation.admin import require
from foundation.refusals import Refusal
from foundation.weekly import DAYS
from qqcampaign.console.report_filter_form import FILTERS, FilterForm

ADD, CHANGE, DELETE, VIEW = (
    f"campaigns.{verb}_savedreport" for verb in ("add", "change", "delete", "view")
)
#: Mails that the page lists.
SHOWN_MAILS = 30
MAIL_COLOURS = {
    MailState.QUEUED: "info",
    MailState.SENDING: "info",
    MailState.SENT: "success",
    MailState.FAILED: "danger",
    MailState.UNKNOWN: "warning",
}
KINDS = (
    ("daily", gettext_lazy("daily")),
    ("weekly", gettext_lazy("weekly")),
    ("monthly", gettext_lazy("monthly")),
)
WEEKDAYS = tuple(zip(DAYS, DAY_NAMES, strict=True))


class SaveForm(FilterForm):
    """A report that is saved."""

    field_order = ["name", "period", *FILTERS]

    name = forms.CharField(label=gettext_lazy("Name of the report"), max_length=128)
    period = forms.ChoiceField(label=gettext_lazy("Period"), choices=ReportPeriod.choices)


class ScheduleForm(forms.Form):
    """When a report is sent, and to whom."""

    kind = forms.ChoiceField(label=gettext_lazy("How often"), choices=KINDS)
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("Weekdays"),
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    day = forms.IntegerField(
        label=gettext_lazy("Day of the month"), min_value=1, max_value=31, required=False, initial=1
    )
    at = forms.TimeField(
        label=gettext_lazy("Time of day"),
        initial="09:00",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=timezone_choices)
    to = forms.MultipleChoiceField(
        label=gettext_lazy("To"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def rule(self) -> str:
        """Return the rule of the dates."""
        data = self.cleaned_data
        at = f"{data['at']:%H:%M}"
        if data["kind"] == "weekly":
            return f"weekly@{','.join(data['weekdays']) or DAYS[0]} {at}"
        return f"monthly@{data['day'] or 1} {at}" if data["kind"] == "monthly" else f"daily@{at}"


@require_safe
def saved_view(request: HttpRequest) -> HttpResponse:
    """Show the saved reports."""
    require(request.user.has_perm(VIEW))
    return _page(request)


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Save a report."""
    require(request.user.has_perm(ADD) and request.user.has_perm(CHANGE))
    form = SaveForm(request.POST)
    if form.is_valid():
        try:
            report = save_report(
                name=form.cleaned_data["name"],
                period=form.cleaned_data["period"],
                chosen=form.chosen(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": report.name})
            return HttpResponseRedirect(reverse("reports-saved"))
    return _page(request, save=form)


def schedule_view(request: HttpRequest, report_id: int) -> HttpResponse:
    """Show when a report is sent to whom (GET), and set it (POST)."""
    require(request.user.has_perm(CHANGE))
    report = _find(report_id)
    users = fit_users()
    form = ScheduleForm(request.POST or None, initial=_initial(report))
    form.fields["to"].choices = [  # type: ignore[attr-defined]
        (str(user.pk), f"{user.get_username()} <{address_of(user)}>") for user in users
    ]
    if request.method == "POST" and form.is_valid():
        try:
            schedule_report(
                report=report,
                every=form.rule(),
                timezone=form.cleaned_data["timezone"],
                recipients=[user for user in users if str(user.pk) in form.cleaned_data["to"]],
            )
        except Refusal as refusal:
            form.add_error(_field_of(refusal), refusal.sentence)
        else:
            messages.success(request, _("The mails of “%(name)s” are set.") % {"name": report.name})
            return HttpResponseRedirect(reverse("reports-saved"))
    context = {
        **admin.site.each_context(request),
        "title": _("Send “%(name)s” by e-mail") % {"name": report.name},
        "form": form,
        "report": report,
        "is_mail_on": settings.EMAIL_IS_ON,
    }
    return TemplateResponse(request, "console/reports/schedule.html", context)


@require_POST
def stop_view(request: HttpRequest, report_id: int) -> HttpResponse:
    """Send a report no more."""
    require(request.user.has_perm(CHANGE))
    report = _find(report_id)
    try:
        stop_report(report=report)
        messages.success(request, _("“%(name)s” is sent no more.") % {"name": report.name})
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return HttpResponseRedirect(reverse("reports-saved"))


def delete_view(request: HttpRequest, report_id: int) -> HttpResponse:
    """Ask whether a report is to be deleted (GET), and delete it (POST)."""
    require(request.user.has_perm(DELETE))
    report = _find(report_id)
    if request.method == "POST":
        delete_report(report=report)
        messages.success(request, _("“%(name)s” is deleted.") % {"name": report.name})
        return HttpResponseRedirect(reverse("reports-saved"))
    context = {
        **admin.site.each_context(request),
        "title": _("Delete “%(name)s”?") % {"name": report.name},
        "report": report,
    }
    return TemplateResponse(request, "console/reports/delete.html", context)


def report_address(report: SavedReport) -> str:
    """Return where a saved report is shown, with the days of its period as they are today."""
    since, until = days_of(report.period, timezone.localdate())
    asked: dict[str, Any] = {"since": since.isoformat(), "until": until.isoformat()}
    query = urlencode({**asked, **filter_of(report).as_query()}, doseq=True)
    return f"{reverse('reports')}?{query}"


def _page(request: HttpRequest, save: SaveForm | None = None) -> HttpResponse:
    reports = SavedReport.objects.select_related("label").prefetch_related(
        "recipients", "labels", "campaigns", "accounts"
    )
    mails = ReportMail.objects.select_related("report", "user").order_by("-pk")[:SHOWN_MAILS]
    rows = [(one, report_address(one), filter_of(one).words(), _dates(one)) for one in reports]
    user = request.user
    context = {
        **admin.site.each_context(request),
        "title": _("Saved reports"),
        "rows": rows,
        "mails": [(mail, MAIL_COLOURS[MailState(mail.state)]) for mail in mails],
        "is_mail_on": settings.EMAIL_IS_ON,
        "may_add": user.has_perm(ADD) and user.has_perm(CHANGE),
        "may_change": user.has_perm(CHANGE),
        "may_delete": user.has_perm(DELETE),
        "form": save or SaveForm(initial=_initial_save(request)),
    }
    return TemplateResponse(request, "console/reports/saved.html", context)


def _initial_save(request: HttpRequest) -> dict[str, Any]:
    """Return what the form begins with: what the report that led here is about."""
    chosen = {name: request.GET.getlist(name) for name in FILTERS}
    return {"period": ReportPeriod.LAST_7_DAYS, **chosen}


def _find(report_id: int) -> SavedReport:
    report: SavedReport | None = SavedReport.objects.filter(pk=report_id).first()
    if report is None:
        raise Http404
    return report


def _dates(report: SavedReport) -> str:
    """Return when a report is sent, in words; "" if it is not."""
    if not report.every:
        return ""
    return f"{rule_words(report.every)} ({report.timezone})"


def _initial(report: SavedReport) -> dict[str, Any]:
    if not report.every:
        zone = timezone.get_default_timezone_name()
        return {"kind": "weekly", "weekdays": [DAYS[0]], "timezone": zone}
    rule = read_rule(report.every)
    return {
        "kind": rule.kind,
        "weekdays": [DAYS[day] for day in rule.weekdays],
        "day": rule.day,
        "at": rule.at,
        "timezone": report.timezone,
        "to": [str(pk) for pk in report.recipients.values_list("pk", flat=True)],
    }


def _field_of(refusal: Refusal) -> str | None:
    fields = {"timezone_unknown": "timezone", "recipients_none": "to", "recipients_many": "to"}
    return fields.get(refusal.code)
