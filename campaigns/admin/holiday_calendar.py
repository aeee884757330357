"""The console's page of holiday calendars: their dates, and the import of a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from campaigns.models import Holiday, HolidayCalendar, HolidayKind
from campaigns.scheduling.holiday_file import import_holidays
from campaigns.scheduling.times import missing_years_sentence
from clocks import shared
from foundation.admin import ChangeHistoryMixin, ConsoleAdmin, NamedMixin, require
from foundation.admin.inline_edits import InlineEditedForm
from foundation.admin.paged_rows import LabelledInline, PagedFormSet
from foundation.refusals import Refusal
from tabular.upload_files import copied_upload


class HolidayFileForm(forms.Form):
    """The file, and the calendar it is for."""

    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_(
            "CSV, TSV, XLSX or XLS with a column “date”, and if wanted “kind” (holiday or workday) "
            "and “name”."
        ),
    )
    name = forms.CharField(
        label=_("Name of the calendar"),
        max_length=128,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("The dates are added to the calendar of this name, or make a new one."),
    )


class HolidayInline(LabelledInline):
    """The dates of a calendar."""

    model = Holiday
    form = InlineEditedForm
    extra = 0
    formset = PagedFormSet
    per_page = 40
    fields = ["date", "kind", "name"]
    ordering = ["-date"]


@admin.register(HolidayCalendar)
class HolidayCalendarAdmin(NamedMixin, ChangeHistoryMixin, SimpleHistoryAdmin, ConsoleAdmin):
    """Holiday calendars. A run copies the dates when it is made."""

    list_display = ["name", "holidays", "workdays", "last", "source"]
    search_fields = ["name"]
    fieldsets = [(None, {"fields": ["name", "source"]})]
    inlines = [HolidayInline]
    actions_list = ["import_file"]
    empty_sentence = _(
        "A holiday calendar holds days on which campaigns that use it send nothing, and weekend "
        "days that are worked. Import one from a file."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[HolidayCalendar]:
        """Calendars with the number of their dates and their last one."""
        found: QuerySet[HolidayCalendar] = super().get_queryset(request)
        return found.annotate(
            holiday_count=Count("dates", filter=Q(dates__kind=HolidayKind.HOLIDAY)),
            workday_count=Count("dates", filter=Q(dates__kind=HolidayKind.WORKDAY)),
            last_date=Max("dates__date"),
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the page that imports a file."""
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="campaigns_holidaycalendar_import"), *super().get_urls()]

    @display(description=_("holidays"), ordering="holiday_count")
    def holidays(self, calendar: Any) -> int:
        """The number of its holidays."""
        return int(calendar.holiday_count)

    @display(description=_("moved working days"), ordering="workday_count")
    def workdays(self, calendar: Any) -> int:
        """The number of weekend days that are worked."""
        return int(calendar.workday_count)

    @display(description=_("last date"), ordering="last_date")
    def last(self, calendar: Any) -> Any:
        """Return the calendar's last date."""
        return calendar.last_date

    @action(description=_("Import a file"), url_path="import-file", permissions=["import_file"])
    def import_file(self, request: HttpRequest) -> HttpResponse:
        """Lead to the page that imports a file."""
        return redirect("admin:campaigns_holidaycalendar_import")

    def has_import_file_permission(self, request: HttpRequest, *_ids: Any) -> bool:
        """Whether the operator may import a file: they may add and change calendars."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form (GET), or import the file (POST)."""
        require(self.has_import_file_permission(request))
        form = HolidayFileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            calendar = self._import(request, form)
            if calendar is not None:
                return redirect("admin:campaigns_holidaycalendar_change", calendar.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": gettext("Import holidays"),
            "note": gettext(
                "Dates of the file are added to the calendar; dates it has already get the file's "
                "kind and name. Nothing changes when a line cannot be read."
            ),
            "verb": gettext("Import"),
            "form": form,
            "back": reverse("admin:campaigns_holidaycalendar_changelist"),
        }
        return TemplateResponse(request, "console/import/upload.html", context)

    def _import(self, request: HttpRequest, form: HolidayFileForm) -> HolidayCalendar | None:
        file = form.cleaned_data["file"]
        with copied_upload(file) as path:
            try:
                calendar, count = import_holidays(
                    path=path,
                    name=form.cleaned_data["name"],
                    file_name=file.name,
                    by=request.user,
                )
            except Refusal as refusal:
                is_name = refusal.code.startswith("name_")
                form.add_error("name" if is_name else "file", refusal.sentence)
                return None
        words = ngettext("%(n)d date was imported.", "%(n)d dates were imported.", count)
        messages.success(request, words % {"n": count})
        gap = missing_years_sentence(calendar, until=shared.wall().date())
        if gap:
            messages.warning(request, gap)
        return calendar
