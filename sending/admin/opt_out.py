"""The console's list of replies that were taken for an opt-out or opt-in, and undoing them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display

from foundation.admin import ExportMixin, ReadOnlyMixin, UncountedAdmin, confirmation, show_refusals
from foundation.display import choice_words
from foundation.refusals import Refusal
from sending.models import OptDirection, OptOut
from sending.opt_outs.undo import undo_opt_out
from sending.resources import OptOutResource
from tabular.exports import stream_csv, write_xlsx
from tabular.uin_search import search_by_uin

DIRECTION_COLOURS = {OptDirection.OUT: "warning", OptDirection.IN: "success"}
#: The most characters of a reply that the list shows.
SHOWN_CHARACTERS = 80


class UndoneFilter(admin.SimpleListFilter):
    """Those that stand, or those that were undone."""

    title = gettext_lazy("undone")
    parameter_name = "undone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("no", gettext_lazy("stands")), ("yes", gettext_lazy("undone"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OptOut]) -> Any:
        """Return the rows of the choice."""
        if self.value() in ("no", "yes"):
            return queryset.filter(undone_at__isnull=self.value() == "no")
        return queryset


@admin.register(OptOut)
class OptOutAdmin(ExportMixin, ReadOnlyMixin, UncountedAdmin):
    """Replies that were taken for an opt-out or an opt-in. They are made by replies alone."""

    export_resource = OptOutResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    list_display = ["sender", "badge", "word", "said", "account", "at", "now", "undone"]
    list_filter = [
        ("direction", ChoicesDropdownFilter),
        UndoneFilter,
        ("account", AutocompleteSelectFilter),
        ("at", RangeDateTimeFilter),
    ]
    list_select_related = ["account", "message", "undone_by", "undone_by_reply"]
    list_display_links = ["said"]
    search_fields = ["uin"]
    search_help_text = gettext_lazy("UIN (its first digits are enough)")
    ordering = ["-id"]
    actions = ["undo"]
    fields = [
        ("sender", "account"),
        ("direction", "word"),
        "reply",
        ("at", "now"),
        ("undone_at", "undone_by"),
        "confirmation",
    ]
    readonly_fields = ["sender", "reply", "now"]
    empty_sentence = gettext_lazy(
        "Nobody has opted out by a reply. Who replies one of the opt-out words is suppressed at "
        "once, and listed here."
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows with whether their person is suppressed now."""
        return super().get_queryset(request).with_suppressed()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OptOut], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the UIN."""
        if not search_term:
            return queryset, False
        return search_by_uin(queryset, search_term), False

    def has_undo_permission(self, request: HttpRequest) -> bool:
        """Whether the operator may undo rows, which are otherwise read-only."""
        return bool(request.user.has_perm("sending.change_optout"))

    @admin.action(description=gettext_lazy("Undo"), permissions=["undo"])
    def undo(self, request: HttpRequest, queryset: QuerySet[OptOut]) -> Any:
        """Undo the selected rows after a confirmation."""
        chosen = list(OptOut.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))))
        if request.POST.get("is_confirmed"):
            self._undo(request, chosen)
            return HttpResponseRedirect(request.get_full_path())
        return confirmation(
            request,
            self,
            title=_("Undo what these replies did?"),
            sentences=[
                _("Campaigns write again to who was taken for opting out by mistake."),
                _("Suppressions by an operator or a file stay, and so do skipped messages."),
                _("People who were taken for opting in by mistake are suppressed again."),
            ],
            verb=_("Undo"),
            back=request.get_full_path(),
            is_dangerous=True,
            hidden=[
                ("action", "undo"),
                ("is_confirmed", "1"),
                *((ACTION_CHECKBOX_NAME, row.pk) for row in chosen),
            ],
        )

    def _undo(self, request: HttpRequest, rows: list[OptOut]) -> None:
        refusals: list[Refusal] = []
        for row in rows:
            try:
                undo_opt_out(opt_out=row, by=request.user)
            except Refusal as refusal:
                refusals.append(refusal)
            else:
                self.log_change(request, row, _("Undone."))
        show_refusals(request, refusals)
        done = len(rows) - len(refusals)
        if done:
            words = ngettext("%(n)d reply was undone.", "%(n)d replies were undone.", done)
            messages.success(request, words % {"n": done})

    @display(description=gettext_lazy("UIN"), ordering="uin")
    def sender(self, row: OptOut) -> Any:
        """Return the person's UIN, linked to the contact of that UIN."""
        return format_html(
            '<a class="text-link" href="{}?q={}">{}</a>',
            reverse("admin:contacts_contact_changelist"),
            row.uin,
            row.uin,
        )

    @display(description=gettext_lazy("what it does"), label=DIRECTION_COLOURS)
    def badge(self, row: OptOut) -> tuple[str, Any]:
        """Return the direction, which selects the colour, and its label."""
        return row.direction, choice_words(row, "direction")

    @admin.display(description=gettext_lazy("reply"))
    def said(self, row: OptOut) -> str:
        """Return the beginning of the reply."""
        return Truncator(row.message.text).chars(SHOWN_CHARACTERS)

    @admin.display(description=gettext_lazy("reply"))
    def reply(self, row: OptOut) -> str:
        """Return the reply."""
        return str(row.message.text)

    @admin.display(description=gettext_lazy("suppressed now"), boolean=True)
    def now(self, row: Any) -> bool:
        """Return whether no campaign writes to the person now."""
        return bool(row.is_suppressed)

    @admin.display(description=gettext_lazy("undone"))
    def undone(self, row: OptOut) -> Any:
        """Return by whom it was undone: an operator, the command line or a later reply."""
        if row.undone_at is None:
            return ""
        if row.undone_by_reply_id is not None:
            return _("by a reply")
        return row.undone_by or _("on the command line")
