"""The list of the people in sequences."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from campaigns.models import SequencePerson, SequenceStep
from campaigns.reports.sequence_figures import people_past
from campaigns.sequence_states import PersonState
from foundation.admin import ReadOnlyMixin, UncountedAdmin
from foundation.admin.key_fields import is_key
from foundation.display import choice_words

PERSON_COLOURS = {
    PersonState.BEFORE: "default",
    PersonState.ACTIVE: "info",
    PersonState.FINISHED: "success",
    PersonState.STOPPED: "warning",
}


class PastStepFilter(admin.SimpleListFilter):
    """Those who passed over a step of the chosen sequence."""

    title = _("passed over the step")
    parameter_name = "past"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the steps of the sequence by which the list is filtered; none without one."""
        return [(str(step.number), str(step.number)) for step in self._steps(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the people who have no message of the step, and are at it or later."""
        chosen = self.value()
        for step in self._steps(request):
            if str(step.number) == chosen:
                return queryset.filter(pk__in=people_past(step).values("pk"))
        return queryset

    def _steps(self, request: HttpRequest) -> list[SequenceStep]:
        chosen = request.GET.get("sequence__id__exact", "")
        if not is_key(chosen):
            return []
        started = SequenceStep.objects.filter(sequence=int(chosen)).exclude(run=None)
        return list(started.order_by("number"))


@admin.register(SequencePerson)
class SequencePersonAdmin(ReadOnlyMixin, UncountedAdmin):
    """The people in sequences, each with the step and the reason for a stop. Read-only."""

    list_display = [
        "person", "sequence", "badge", "reason", "step", "entered_at", "next_at", "ended_at",
    ]  # fmt: skip
    list_display_links = None
    list_filter = [
        ("sequence", AutocompleteSelectFilter),
        ("state", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        "step",
        PastStepFilter,
        ("next_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["sequence", "contact"]
    ordering = ["-id"]
    empty_sentence = _("People enter when their sequence has been started.")

    def address_of(self, request: HttpRequest, obj: SequencePerson) -> str:
        """Return the URL of the person's page: there is no form."""
        return reverse("admin:contacts_contact_change", args=[obj.contact_id])

    @display(description=_("person"))
    def person(self, row: SequencePerson) -> SafeString:
        """UIN and name, linked to the person's page."""
        address = reverse("admin:contacts_contact_change", args=[row.contact_id])
        return format_html('<a class="q-name" href="{}">{}</a>', address, row.contact)

    @display(description=_("state"), label=PERSON_COLOURS, ordering="state")
    def badge(self, row: SequencePerson) -> tuple[str, Any]:
        """The state, coloured."""
        return row.state, choice_words(row, "state")
