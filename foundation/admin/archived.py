"""Archived rows in the console: left out of lists and choices, found by a filter, restored."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from foundation.admin.actions import show_refusals
from foundation.admin.permissions import require
from foundation.archiving import Archivable, archive_row, restore_row
from foundation.refusals import Refusal


class ArchivedFilter(DropdownFilter):
    """Shows rows in use unless archived ones, or all, are asked for."""

    title = _("archived")
    parameter_name = "archived"
    all_option = ["", _("In use")]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices besides the default."""
        return [("yes", _("Archived")), ("all", _("In use and archived"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows in use, the archived ones, or all."""
        if self.value() == "all":
            return queryset
        return queryset.filter(archived_at__isnull=self.value() != "yes")


class ArchivedMixin:
    """Filter and actions of archived rows; without effect on models that are not Archivable."""

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Return the filters, with that of archived rows in front."""
        filters = list(super().get_list_filter(request))  # type: ignore[misc]
        return [ArchivedFilter, *filters] if self._is_archivable else filters

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Add archiving and restoring."""
        actions: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        if not self._is_archivable or not self._may_archive(request) or "_popup" in request.GET:
            return actions
        shown = request.GET.get("archived", "")
        if shown != "yes":
            actions["archive"] = (ArchivedMixin.archive, "archive", _("Archive"))
        if shown:
            actions["restore"] = (ArchivedMixin.restore, "restore", _("Restore"))
        return actions

    def archive(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Archive the selected rows."""
        self._each(request, queryset, is_archiving=True)

    def restore(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Offer the selected rows again."""
        self._each(request, queryset, is_archiving=False)

    def restore_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Restore an archived row (POST), and return to its page."""
        if not self._is_archivable:
            raise Http404
        found = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if found is None:
            return self._gone(request)  # type: ignore[attr-defined]
        if request.method == "POST":
            self._each(request, self.model._base_manager.filter(pk=found.pk), is_archiving=False)  # type: ignore[attr-defined]
        return HttpResponseRedirect(self._page_of(request, found))  # type: ignore[attr-defined]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[Any, bool]:
        """Search; the choices of a form leave archived rows out."""
        found, is_doubled = super().get_search_results(request, queryset, search_term)  # type: ignore[misc]
        match = request.resolver_match
        if self._is_archivable and match is not None and match.url_name == "autocomplete":
            found = found.filter(archived_at=None)
        return found, is_doubled

    @property
    def _is_archivable(self) -> bool:
        return issubclass(self.model, Archivable)  # type: ignore[attr-defined]

    def _may_archive(self, request: HttpRequest, row: Any = None) -> bool:
        """Whether the operator may change rows, or, where there is no form, delete them."""
        may_change: bool = self.has_change_permission(request, row)  # type: ignore[attr-defined]
        return may_change or bool(self.has_delete_permission(request, row))  # type: ignore[attr-defined]

    def _each(self, request: HttpRequest, queryset: QuerySet[Any], *, is_archiving: bool) -> None:
        require(self._may_archive(request))
        done, refusals = [], []
        for one in self._rows(queryset):  # type: ignore[attr-defined]
            try:
                with transaction.atomic():
                    (archive_row if is_archiving else restore_row)(row=one, by=request.user)
                    said = "Archive" if is_archiving else "Restore"
                    self.log_change(request, one, said)  # type: ignore[attr-defined]
            except Refusal as refusal:
                refusals.append(refusal)
                continue
            done.append(f"“{one}”")
        if done:
            sentence = (
                gettext("Archived: %(names)s. The filter “Archived” shows them.")
                if is_archiving
                else gettext("Restored: %(names)s.")
            )
            shown = ", ".join(done[:20]) + (" …" if len(done) > 20 else "")
            messages.success(request, sentence % {"names": shown})
        show_refusals(request, refusals)


def offer_unarchived(form: forms.BaseModelForm) -> None:
    """Take archived rows out of a form's choices, except those that the row has already.

    So saving a campaign does not remove a list that was archived after it was chosen.
    """
    for name, field in form.fields.items():
        if not isinstance(field, forms.ModelChoiceField) or field.queryset is None:
            continue
        if not issubclass(field.queryset.model, Archivable):
            continue
        chosen = form.get_initial_for_field(field, name)
        kept = list(chosen) if isinstance(chosen, list | tuple | QuerySet) else [chosen]
        keys = [getattr(one, "pk", one) for one in kept if one]
        field.queryset = field.queryset.filter(Q(archived_at=None) | Q(pk__in=keys))
        field.error_messages["invalid_choice"] = _(
            "What you chose was deleted or archived meanwhile. Choose another, or restore it."
        )
