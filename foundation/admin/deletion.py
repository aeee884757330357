"""Deleting rows in the console: one page, and one bulk action, for every model.

The page names what needs a row and what is lost. While something needs it, the page offers to take
the row out of use instead (`foundation.archiving`).
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation.admin.actions import show_refusals
from foundation.admin.permissions import require
from foundation.archiving import retirement_of
from foundation.deletion import Uses, delete_row, uses_of
from foundation.queries import chunks
from foundation.refusals import Refusal

#: The rows of a bulk deletion that its page describes; the others are only counted.
MOST_DESCRIBED = 20


class DeletionMixin:
    """Deleting one row or several by `foundation.deletion`, mixed into every admin."""

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what needs the row and what is lost (GET); delete or retire it (POST)."""
        found = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if found is None:
            return self._gone(request)
        require(self.has_delete_permission(request, found))  # type: ignore[attr-defined]
        if request.method != "POST":
            return self._ask(request, [found], back=self._page_of(request, found))
        if "_retire" in request.POST:
            self.retire(request, [found])
            return HttpResponseRedirect(self._page_of(request, found))
        back = self._list_address()
        if not self._delete(request, [found]):
            back = self._page_of(request, found)
        return HttpResponseRedirect(back)

    @admin.action(description=_("Delete"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Delete the selected rows after confirmation, each in its own transaction."""
        chosen = self._rows(queryset)
        if "_retire" in request.POST:
            self.retire(request, chosen)
            return None
        if request.POST.get("is_confirmed"):
            self._delete(request, chosen)
            return None
        hidden = [
            ("action", "delete_selected"),
            ("is_confirmed", "1"),
            *((ACTION_CHECKBOX_NAME, one.pk) for one in chosen),
        ]
        return self._ask(request, chosen, back=self._list_address(), hidden=hidden)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Replace Django's bulk deletion, which asks no service, by `delete_selected`."""
        actions: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        if "delete_selected" in actions:
            method = type(self).delete_selected
            actions["delete_selected"] = (method, "delete_selected", _("Delete"))
            if not self.has_delete_permission(request):  # type: ignore[attr-defined]
                del actions["delete_selected"]
        return actions

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Delete a row by the service."""
        delete_row(row=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete rows by the service."""
        for one in self._rows(queryset):
            delete_row(row=one)

    def retire(self, request: HttpRequest, rows: list[Any]) -> None:
        """Take rows out of use in place of deleting them; show and log what was done."""
        retirement, refusals = retirement_of(self.model), []  # type: ignore[attr-defined]
        if retirement is None:
            return
        for one in rows:
            may_change = self.has_change_permission(request, one)  # type: ignore[attr-defined]
            require(may_change or self.has_delete_permission(request, one))  # type: ignore[attr-defined]
            try:
                with transaction.atomic():
                    retirement.do(row=one, by=request.user)
                    sentence = str(retirement.after) % {"name": str(one)}
                    self.log_change(request, one, str(retirement.words))  # type: ignore[attr-defined]
            except Refusal as refusal:
                refusals.append(refusal)
                continue
            messages.success(request, sentence)
        show_refusals(request, refusals)

    def _ask(
        self,
        request: HttpRequest,
        rows: list[Any],
        *,
        back: str,
        hidden: list[tuple[str, Any]] | None = None,
    ) -> HttpResponse:
        described = [(one, uses_of(one)) for one in rows[:MOST_DESCRIBED]]
        retirement = retirement_of(self.model)  # type: ignore[attr-defined]
        may_retire = retirement is not None and any(not retirement.is_done(one) for one in rows)
        opts = self.model._meta  # type: ignore[attr-defined]
        return TemplateResponse(
            request,
            "console/deletion.html",
            {
                **self.admin_site.each_context(request),  # type: ignore[attr-defined]
                "opts": opts,
                "title": _title(opts, rows),
                "described": described,
                "more": len(rows) - len(described),
                "hidden": hidden or (),
                "back": back,
                # A bulk deletion goes on without the rows that something needs.
                "may_delete": any(not uses.blocking for _row, uses in described)
                or len(rows) > len(described),
                "is_one": len(rows) == 1,
                "retirement": retirement if may_retire else None,
            },
        )

    def _delete(self, request: HttpRequest, rows: list[Any]) -> bool:
        """Delete each row in its own transaction, show the results; return whether all worked."""
        refusals: list[Refusal] = []
        for one in rows:
            name, pk = str(one), one.pk
            try:
                with transaction.atomic():
                    self.log_deletions(request, type(one)._base_manager.filter(pk=pk))  # type: ignore[attr-defined]
                    uses = delete_row(row=one)
            except Refusal as refusal:
                refusals.append(refusal)
                continue
            messages.success(request, _done(name, uses))
        show_refusals(request, refusals)
        return not refusals

    def _gone(self, request: HttpRequest) -> HttpResponse:
        messages.warning(request, gettext("What you wanted to delete has been deleted already."))
        return HttpResponseRedirect(self._list_address())

    def _rows(self, queryset: QuerySet[Any]) -> list[Any]:
        """Return the rows without the annotations and joins of the list."""
        keys = list(queryset.values_list("pk", flat=True))
        rows: list[Any] = []
        for chunk in chunks(keys):
            rows += self.model._base_manager.filter(pk__in=chunk)  # type: ignore[attr-defined]
        return rows

    def _list_address(self) -> str:
        opts = self.model._meta  # type: ignore[attr-defined]
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")

    def _page_of(self, request: HttpRequest, row: Any) -> str:
        address: str | None = None
        if hasattr(self, "address_of"):
            address = self.address_of(request, row)
        if address is not None:
            return address
        opts = self.model._meta  # type: ignore[attr-defined]
        try:
            return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
        except NoReverseMatch:
            return self._list_address()


def _title(opts: Any, rows: list[Any]) -> str:
    if len(rows) == 1:
        return gettext("Delete “%(name)s”?") % {"name": str(rows[0])}
    return gettext("Delete %(n)d rows (%(kind)s)?") % {
        "n": len(rows),
        "kind": opts.verbose_name_plural,
    }


def _done(name: str, uses: Uses) -> str:
    return " ".join([gettext("“%(name)s” is deleted.") % {"name": name}, *uses.after])
