"""What every page of the console stands on: list pages that never count, forms that save little.

Two rules of the house live here. A list of a big table never runs COUNT(*). And a form saves the
columns an operator changed in it and no other, so that a page left open for an hour cannot put an
old state, an old lease or an old figure back.
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

#: The largest UIN, and so the longest number a search may be the beginning of.
UIN_DIGITS = 10
#: A workbook is complete before its first byte leaves, and a browser waits no longer than this.
MOST_ROWS_OF_A_WORKBOOK = 100_000
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def uin_starts_with(digits: str, *, field: str = "uin") -> Q:
    """Return the condition "this number begins with these digits", as ranges an index serves.

    Args:
        digits: what was typed, digits only, at most ten.
        field: the column of UINs.
    """
    number, condition = int(digits), Q(**{field: int(digits)})
    for more in range(1, UIN_DIGITS - len(digits) + 1):
        scale = 10**more
        condition |= Q(**{f"{field}__gte": number * scale, f"{field}__lt": (number + 1) * scale})
    return condition


class ConsoleAdmin(ModelAdmin):
    """The base of every list and form of ours."""

    list_per_page = 50
    #: A second COUNT(*) on every filtered page otherwise.
    show_full_result_count = False
    list_filter_submit = True
    warn_unsaved_form = True
    compressed_fields = True
    #: What an empty list says: why it is empty, and what to do next.
    empty_sentence: Any = ""
    #: (label, name of the address) of the next step an empty list offers.
    empty_step: tuple[Any, str] | None = None

    def save_model(self, request: HttpRequest, obj: Model, form: Form, change: bool) -> None:
        """Save a new row whole, and of a known row the changed columns only."""
        if not change:
            obj.save()
            return
        changed = changed_columns(obj, form.changed_data)
        if changed:
            obj.save(update_fields=changed)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Keep what was done so that `history_view` can say it in another language."""
        kept = stored(message) if isinstance(message, str) else message
        return super().log_change(request, obj, kept)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what was done to a row, in the language of who looks."""
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        if isinstance(page, TemplateResponse):
            for entry in (page.context_data or {}).get("action_list", ()):
                entry.change_message = read(entry.change_message)
        return page


class ProtectedMixin:
    """Rows that much hangs on: only those nothing hangs on yet may be deleted."""

    #: The reverse relations that keep a row, and the sentence that says what to do instead.
    protected_by: Sequence[str] = ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse what is kept; the bulk deletion, which cannot ask for each, altogether."""
        if obj is None:
            is_bulk = request.POST.get("action") == "delete_selected"
            return not is_bulk and super().has_delete_permission(request)  # type: ignore[misc]
        if any(getattr(obj, relation).exists() for relation in self.protected_by):
            return False
        allowed: bool = super().has_delete_permission(request, obj)  # type: ignore[misc]
        return allowed

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer no bulk deletion."""
        actions: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        actions.pop("delete_selected", None)
        return actions


class ChangeHistoryMixin:
    """Rows whose changes are kept (simple_history): how they are listed."""

    object_history_list_template = "console/changes.html"


class UncountedAdmin(ConsoleAdmin):
    """The list of a table with millions of rows: previous and next, and no total."""

    paginator = InfinitePaginator
    list_disable_select_all = True
    #: Its button would count the table once for every choice of every filter.
    show_facets = ShowFacets.NEVER


class ReadOnlyMixin:
    """Rows the engine writes: to be looked at, and by nobody to be edited."""

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
    """The rows of a page's history, newest first, a page at a time."""

    extra = 0
    per_page = 10
    tab = True


class ExportMixin:
    """What is on the screen, its filters applied, as a file: CSV streams, XLSX grows on disk."""

    list_before_template = "console/export.html"
    #: A django-import-export resource.
    export_resource: Any
    #: Yields the CSV file in pieces, given a resource and a queryset.
    export_stream: Any
    #: Writes the XLSX file, given a resource, a queryset and a binary file.
    export_workbook: Any

    def get_urls(self) -> list[URLPattern]:
        """Add the files' addresses."""
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
        """Send the rows that the list's own filters and search show, as CSV."""
        resource, rows = self._shown(request)
        pieces = type(self).export_stream(resource, rows)
        response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
        name = f"{self.model._meta.model_name}.csv"  # type: ignore[attr-defined]
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def export_xlsx_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Send the same rows as XLSX, or say that they are too many for one."""
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
    """Return the columns of `obj` to save when the form's fields `names` changed.

    Times that keep themselves (auto_now) join in; many-to-many fields are saved elsewhere.
    """
    columns = {field.name: field for field in obj._meta.concrete_fields}
    changed = [name for name in names if name in columns]
    if changed:
        changed += [name for name, field in columns.items() if getattr(field, "auto_now", False)]
    return changed


def search_by_uin(queryset: QuerySet[Any], term: str, *, also: Sequence[str] = ()) -> QuerySet[Any]:
    """Return the rows whose UIN begins with the term, or whose other columns contain it.

    Args:
        queryset: what is searched.
        term: what the operator typed.
        also: text columns to look into when the term is not a number, `istartswith` and the like
            spelled out.
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
    """Show what will happen, with one button that does it and one that does not.

    Args:
        title: the question.
        sentences: what will happen, one thing each.
        verb: the words on the button.
        back: where the other button leads.
        hidden: fields to send along with the answer.
        form: further fields for the operator.
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
    """Stop the request here unless it is allowed.

    Raises:
        PermissionDenied: it is not.
    """
    if not is_allowed:
        raise PermissionDenied


def show_refusals(request: HttpRequest, refusals: Sequence[Refusal]) -> None:
    """Tell the operator what was not done and why: each sentence once, with how often."""
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
