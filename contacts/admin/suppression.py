"""The list of suppressions and the form of one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from clocks import shared
from contacts.models import Suppression
from contacts.resources import SuppressionResource
from contacts.suppressions import refuse_past_end
from contacts.webhook_events import tell_suppressed
from foundation.admin import ExportMixin, UncountedAdmin
from foundation.refusals import Refusal
from tabular.admin.table_import import TableImport
from tabular.exports import stream_csv, write_xlsx
from tabular.uin_search import search_by_uin


class InForceFilter(admin.SimpleListFilter):
    """Suppressions that hold now, or those that have ended."""

    title = _("now")
    parameter_name = "now"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("in_force", _("in force")), ("ended", _("ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> Any:
        """Return the suppressions of the choice."""
        if self.value() == "in_force":
            return queryset.in_force()  # type: ignore[attr-defined]
        if self.value() == "ended":
            return queryset.ended()  # type: ignore[attr-defined]
        return queryset


class SuppressionForm(forms.ModelForm):
    """A suppression; a new one takes the place of one that has ended."""

    def clean_until(self) -> datetime | None:
        """Refuse an end in the past, unless it is unchanged."""
        until: datetime | None = self.cleaned_data["until"]
        if "until" in self.changed_data:
            try:
                refuse_past_end(until)
            except Refusal as refusal:
                raise forms.ValidationError(refusal.sentence, code=refusal.code) from None
        return until

    def clean(self) -> dict[str, Any] | None:
        """Let a new suppression reuse the row of one that has ended: a UIN has one a list."""
        data = super().clean()
        uin = self.cleaned_data.get("uin")
        if self.instance.pk is None and uin is not None:
            contact_list = self.cleaned_data.get("contact_list")
            ended = Suppression.objects.ended().filter(uin=uin, contact_list=contact_list).first()
            if ended is not None:
                ended.created_at = shared.wall()
                self.instance = ended
        return data


@admin.register(Suppression)
class SuppressionAdmin(TableImport, ExportMixin, UncountedAdmin):
    """Suppressions, by UIN: deleting a contact and importing it again does not lift one."""

    export_resource = table_resource = SuppressionResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    table_note = _(
        "An import adds suppressions and corrects their reasons. It never lifts one: people who "
        "are missing in the file stay suppressed."
    )
    actions_list = ["to_table"]
    form = SuppressionForm
    list_display = ["uin", "scope", "reason", "source", "created_at", "ends"]
    list_filter = [
        InForceFilter,
        ("reason", ChoicesDropdownFilter),
        ("contact_list", AutocompleteSelectFilter),
    ]
    list_select_related = ["contact_list"]
    search_fields = ["uin"]
    search_help_text = _("UIN (its first digits are enough)")
    autocomplete_fields = ["contact_list"]
    fields = ["uin", "contact_list", ("reason", "source"), "until"]
    empty_sentence = _(
        "There are no suppressions yet. Every campaign skips the QQ numbers entered here, starting "
        "at once."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the UIN."""
        if not search_term:
            return queryset, False
        return search_by_uin(queryset, search_term, also=["source__icontains"]), False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save a suppression, and tell webhooks of it unless only its words changed."""
        super().save_model(request, obj, form, change)
        if not change or "until" in form.changed_data:
            tell_suppressed([obj.pk])

    @admin.display(description=_("holds for"))
    def scope(self, suppression: Suppression) -> Any:
        """Return the list whose campaigns it applies to, or "every campaign"."""
        return suppression.contact_list or _("every campaign")

    @admin.display(description=_("until"), ordering="until")
    def ends(self, suppression: Suppression) -> Any:
        """Return when it ends or ended; a suppression for good has no end."""
        if suppression.until is None:
            return _("for good")
        moment = date_format(localtime(suppression.until), "Y-m-d H:i")
        return _("ended %(at)s") % {"at": moment} if suppression.has_ended else moment
