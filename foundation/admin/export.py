"""Exports of a filtered list as CSV and XLSX."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from foundation.acts import take_out
from foundation.admin.large_lists import LargeListMixin
from foundation.admin.permissions import require

#: A workbook is written completely before its first byte is sent; a browser does not wait for more
#: rows than this.
MOST_ROWS_OF_A_WORKBOOK = 100_000
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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

    def export_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Send the rows that the list's filters and search select, as CSV."""
        if asks := self._asks_first(request):
            return asks
        resource, rows = self._shown(request)
        self._note(request, "csv")
        pieces = type(self).export_stream(resource, rows)
        response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
        name = f"{self.model._meta.model_name}.csv"  # type: ignore[attr-defined]
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def export_xlsx_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Send the same rows as XLSX, or show that there are too many for one."""
        if asks := self._asks_first(request):
            return asks
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
        self._note(request, "xlsx")
        pieces = _workbook(type(self).export_workbook, resource, rows)
        response = StreamingHttpResponse(pieces, content_type=XLSX_TYPE)
        response["Content-Disposition"] = f'attachment; filename="{options.model_name}.xlsx"'
        return response

    def _asks_first(self, request: HttpRequest) -> HttpResponse | None:
        """Return a redirect to the list, with a sentence, if a filter must be chosen first."""
        sentence = self.missing_choice(request) if isinstance(self, LargeListMixin) else ""
        if not sentence:
            return None
        messages.error(request, sentence)
        options = self.model._meta  # type: ignore[attr-defined]
        address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        return HttpResponseRedirect(f"{address}?{request.GET.urlencode()}")

    def _note(self, request: HttpRequest, form: str) -> None:
        """Note in the audit trail that rows leave, and which filters selected them."""
        take_out(
            what=self.model._meta.label_lower,  # type: ignore[attr-defined]
            format=form,
            filters=request.GET.urlencode()[:500],
        )

    def _shown(self, request: HttpRequest) -> tuple[Any, QuerySet[Any]]:
        require(self.has_view_permission(request))  # type: ignore[attr-defined]
        resource = self.export_resource()
        try:
            shown = self.get_changelist_instance(request)  # type: ignore[attr-defined]
            return resource, resource.filter_export(shown.get_queryset(request))
        except IncorrectLookupParameters as error:
            raise BadRequest("The address has a filter that the list does not have.") from error


def _workbook(write: Any, resource: Any, rows: QuerySet[Any]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as out:
        write(resource, rows, out)
        out.seek(0)
        while piece := out.read(65_536):
            yield piece
