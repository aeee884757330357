"""The console's page of quiet hours."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2Widget

from accounts.wake_ups import wake_reconciler
from foundation.admin import ChangeHistoryMixin, ConsoleAdmin
from sending.models import QuietHours


@lru_cache(maxsize=1)
def timezone_choices() -> list[tuple[str, str]]:
    """Return the known time zones as choices of a select."""
    return [(name, name) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


class QuietHoursForm(forms.ModelForm):
    """The form of quiet hours: a time zone, a start and an end."""

    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=timezone_choices,
        initial="Asia/Shanghai",
        widget=UnfoldAdminSelect2Widget,
        help_text=_(
            "Campaigns in this time zone observe these hours. Campaigns in a time zone without "
            "quiet hours of its own observe all of them."
        ),
    )

    class Meta:
        model = QuietHours
        fields = ["timezone", "start", "end"]


@admin.register(QuietHours)
class QuietHoursAdmin(ChangeHistoryMixin, SimpleHistoryAdmin, ConsoleAdmin):
    """Hours in which nothing is sent. A change holds for running runs within a second or two."""

    form = QuietHoursForm
    list_display = ["hours", "timezone"]
    ordering = ["timezone", "start"]
    fieldsets = [(None, {"fields": ["timezone", ("start", "end")]})]
    empty_sentence = _(
        "There are no quiet hours: campaigns send at any hour that their windows allow. Add "
        "hours in which nothing is sent, such as 22:00 to 08:00."
    )

    @display(description=_("quiet"), ordering="start")
    def hours(self, row: QuietHours) -> str:
        """Return start and end as text."""
        return f"{row.start:%H:%M}–{row.end:%H:%M}"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and wake what may send again."""
        super().save_model(request, obj, form, change)
        wake_reconciler()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete, and wake what may send again."""
        super().delete_model(request, obj)
        wake_reconciler()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete, and wake what may send again."""
        super().delete_queryset(request, queryset)
        wake_reconciler()
