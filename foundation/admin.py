"""Base classes and functions of the console's pages.

They enforce two rules. A list of a big table never runs COUNT(*). A form saves only the columns
that the operator changed in it, so a page that was open for an hour cannot write back an old state,
lease or figure.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.forms import Form
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.paginator import InfinitePaginator

from foundation.refusals import Refusal
from foundation.sentences import read, stored

#: Digits of the largest UIN, and so of the longest search term that is taken for a UIN.
UIN_DIGITS = 10
#: A workbook is written completely before its first byte is sent; a browser does not wait for more
#: rows than this.
MOST_ROWS_OF_A_WORKBOOK = 100_000
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def uin_starts_with(digits: str, *, field: str = "uin") -> Q:
    """Return the condition that a UIN begins with these digits, as ranges that an index serves.

    Args:
        digits: one to ten ASCII digits.
        field: the column of the UIN.
    """
    number, condition = int(digits), Q(**{field: int(digits)})
    for more in range(1, UIN_DIGITS - len(digits) + 1):
        scale = 10**more
        condition |= Q(**{f"{field}__gte": number * scale, f"{field}__lt": (number + 1) * scale})
    return condition


class ConsoleAdmin(ModelAdmin):
    """The base of all list and form pages of the console."""

    list_per_page = 50
    #: True would run a second COUNT(*) on every filtered page.
    show_full_result_count = False
    list_filter_submit = True
    warn_unsaved_form = True
    compressed_fields = True
    #: Text of an empty list: why it is empty, and what to do next.
    empty_sentence: Any = ""
    #: (label, URL name) of the next step that an empty list offers.
    empty_step: tuple[Any, str] | None = None

    def save_model(self, request: HttpRequest, obj: Model, form: Form, change: bool) -> None:
        """Save a new row completely, and of an existing row only the changed columns."""
        if not change:
            obj.save()
            return
        changed = changed_columns(obj, form.changed_data)
        if changed:
            obj.save(update_fields=changed)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Store the change message so that `history_view` can translate it."""
        kept = stored(message) if isinstance(message, str) else message
        return super().log_change(request, obj, kept)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a row's history in the viewer's language."""
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        if isinstance(page, TemplateResponse):
            for entry in (page.context_data or {}).get("action_list", ()):
                entry.change_message = read(entry.change_message)
        return page


class ProtectedMixin:
    """Rows that may be deleted only while no other row refers to them."""

    #: The reverse relations whose rows protect a row from deletion.
    protected_by: Sequence[str] = ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to delete a protected row, and any bulk deletion, which cannot check each row."""
        if obj is None:
            is_bulk = request.POST.get("action") == "delete_selected"
            return not is_bulk and super().has_delete_permission(request)  # type: ignore[misc]
        if any(getattr(obj, relation).exists() for relation in self.protected_by):
            return False
        allowed: bool = super().has_delete_permission(request, obj)  # type: ignore[misc]
        return allowed

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions without the bulk deletion."""
        actions: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        actions.pop("delete_selected", None)
        return actions


class ChangeHistoryMixin:
    """Rows with a change history (simple_history): sets the template that lists it."""

    object_history_list_template = "console/changes.html"


class UncountedAdmin(ConsoleAdmin):
    """The list of a table with millions of rows: it has previous and next, and no total."""

    paginator = InfinitePaginator
    list_disable_select_all = True
    #: Facets would count the table once for every choice of every filter.
    show_facets = ShowFacets.NEVER


class ReadOnlyMixin:
    """Rows that only the engine writes: they can be viewed, not edited."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False


class TimelineInline(ReadOnlyMixin, TabularInline):
    """The history on a row's page, newest first, a page at a time."""

    extra = 0
    per_page = 10
    tab = True


class ExportMixin:
    """Exports of a filtered list: a streamed CSV file, or an XLSX file written to disk first."""

    list_before_template = "console/export.html"
    #: A django-import-export resource.
    export_resource: Any
    #: A function that takes a resource and a queryset, and yields the CSV file in pieces.
    export_stream: Any
    #: A function that takes a resource, a queryset and a binary file, and writes the XLSX file.
    export_workbook: Any

    def get_urls(self) -> list[URLPattern]:
        """Return the URLs, with those of the exports in front."""
        options = self.model._meta  # type: ignore[attr-defined]
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        name = f"{options.app_label}_{options.model_name}"
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return [
            path("export/", wrap(self.export_view), name=f"{name}_export"),
            path("export/xlsx/", wrap(self.export_xlsx_view), name=f"{name}_export_xlsx"),
            *urls,
        ]

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """Send the rows that the list's filters and search select, as CSV."""
        resource, rows = self._shown(request)
        pieces = type(self).export_stream(resource, rows)
        response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
        name = f"{self.model._meta.model_name}.csv"  # type: ignore[attr-defined]
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def export_xlsx_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Send the same rows as XLSX, or show that there are too many for one."""
        resource, rows = self._shown(request)
        options = self.model._meta  # type: ignore[attr-defined]
        if rows[MOST_ROWS_OF_A_WORKBOOK : MOST_ROWS_OF_A_WORKBOOK + 1].exists():
            messages.error(
                request,
                _(
                    "These are more than %(most)s rows, too many for an XLSX file made while you "
                    "wait. Export them as CSV, which spreadsheets open too, or filter the list."
                )
                % {"most": f"{MOST_ROWS_OF_A_WORKBOOK:,}"},
            )
            back = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
            return HttpResponseRedirect(f"{back}?{request.GET.urlencode()}")
        pieces = _workbook(type(self).export_workbook, resource, rows)
        response = StreamingHttpResponse(pieces, content_type=XLSX_TYPE)
        response["Content-Disposition"] = f'attachment; filename="{options.model_name}.xlsx"'
        return response

    def _shown(self, request: HttpRequest) -> tuple[Any, QuerySet[Any]]:
        require(self.has_view_permission(request))  # type: ignore[attr-defined]
        shown = self.get_changelist_instance(request)  # type: ignore[attr-defined]
        resource = self.export_resource()
        return resource, resource.filter_export(shown.get_queryset(request))


def _workbook(write: Any, resource: Any, rows: QuerySet[Any]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as out:
        write(resource, rows, out)
        out.seek(0)
        while piece := out.read(65_536):
            yield piece


def changed_columns(obj: Model, names: Iterable[str]) -> list[str]:
    """Return the columns of `obj` to save when the form fields `names` changed.

    If there are any, columns with `auto_now` are added. Many-to-many fields are left out: Django
    saves them separately.
    """
    columns = {field.name: field for field in obj._meta.concrete_fields}
    changed = [name for name in names if name in columns]
    if changed:
        changed += [name for name, field in columns.items() if getattr(field, "auto_now", False)]
    return changed


def search_by_uin(queryset: QuerySet[Any], term: str, *, also: Sequence[str] = ()) -> QuerySet[Any]:
    """Return the rows whose UIN begins with the term; for a term that is no UIN, search `also`.

    Args:
        queryset: the rows to search.
        term: the text that the operator typed.
        also: lookups of text columns, such as `name__istartswith`.
    """
    term = term.strip()
    if term.isascii() and term.isdigit() and len(term) <= UIN_DIGITS:
        return queryset.filter(uin_starts_with(term))
    condition = Q(pk__in=())
    for lookup in also:
        condition |= Q(**{lookup: term})
    return queryset.filter(condition)


def confirmation(
    request: HttpRequest,
    admin: ModelAdmin,
    *,
    title: str,
    sentences: Sequence[str],
    verb: str,
    back: str,
    is_dangerous: bool = False,
    hidden: Sequence[tuple[str, Any]] = (),
    form: Form | None = None,
) -> TemplateResponse:
    """Return a page that describes an action, with one button to confirm and one to go back.

    Args:
        title: the question.
        sentences: the effects of the action, one sentence each.
        verb: the label of the confirming button.
        back: the URL of the other button.
        is_dangerous: whether the confirming button warns.
        hidden: (name, value) of hidden fields to submit.
        form: more fields for the operator.
    """
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.model._meta,
        "title": title,
        "sentences": sentences,
        "verb": verb,
        "back": back,
        "is_dangerous": is_dangerous,
        "hidden": hidden,
        "form": form,
    }
    return TemplateResponse(request, "console/confirmation.html", context)


def require(is_allowed: bool) -> None:
    """Raise unless the request is allowed.

    Raises:
        PermissionDenied: `is_allowed` is false.
    """
    if not is_allowed:
        raise PermissionDenied


def show_refusals(request: HttpRequest, refusals: Sequence[Refusal]) -> None:
    """Show refusals as error messages: each sentence once, with how often it occurred."""
    counted: dict[str, int] = {}
    for refusal in refusals:
        counted[refusal.sentence] = counted.get(refusal.sentence, 0) + 1
    for sentence, times in counted.items():
        if times == 1:
            messages.error(request, sentence)
        else:
            messages.error(
                request,
                _("%(sentence)s (%(times)d times)") % {"sentence": sentence, "times": times},
            )
