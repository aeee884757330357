"""The import of a small table: upload, preview with differences, confirm."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget

from foundation.acts import say_of_table
from foundation.admin import require
from foundation.refusals import Refusal
from tabular.admin.layout_form import LayoutForm
from tabular.table_import.plan import (
    ImportPlan,
    changed_meanwhile,
    counted,
    plan_import,
    write_import,
)
from tabular.table_import.resource import CHANGED, NEW, UNCHANGED, WRONG
from tabular.table_import.table_file import FileLayout
from tabular.table_import.uploads import (
    read_ticket,
    return_upload,
    store_upload,
    take_upload,
    ticket_of,
)

#: The most rows of each kind that the preview shows; all are counted.
MOST_SHOWN = 200
#: Characters of a value that the preview shows.
LONGEST_SHOWN = 300


class TableUploadForm(LayoutForm):
    """The file and its layout."""

    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget,
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty. Choose another one."),
        },
    )
    field_order = ["file"]


class TableImport:
    """Mixed into the admin of a small table; needs permission to add and to change its rows."""

    #: The `TableResource`.
    table_resource: Any
    #: A sentence for the upload page about what this table's import does not do.
    table_note: Any = ""

    def get_urls(self) -> list[URLPattern]:
        """Return the URLs, with those of the import in front."""
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return [
            path("import/", wrap(self.table_view), name=f"{self._table}_import"),
            path("import/confirm/", wrap(self.table_confirm), name=f"{self._table}_confirm"),
            *urls,
        ]

    @property
    def _table(self) -> str:
        options = self.model._meta  # type: ignore[attr-defined]
        return f"{options.app_label}_{options.model_name}"

    def has_table_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may import: add rows and change them."""
        return bool(
            self.has_add_permission(request)  # type: ignore[attr-defined]
            and self.has_change_permission(request)  # type: ignore[attr-defined]
        )

    @action(
        description=_("Import a table"),
        url_path="to-table",
        icon="table_view",
        permissions=["table"],
    )
    def to_table(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the import."""
        return redirect(f"admin:{self._table}_import")

    def table_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form (GET), or the preview of an uploaded file (POST)."""
        require(self.has_table_permission(request))
        form = TableUploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file, layout = form.cleaned_data["file"], form.layout()
            try:
                stored_file = store_upload(file.chunks())
                try:
                    return self._table_preview(request, stored_file, file.name[:255], layout)
                except BaseException:
                    stored_file.unlink(missing_ok=True)
                    raise
            except Refusal as refusal:
                where = "encoding" if refusal.code.startswith("encoding") else "file"
                form.add_error(where, refusal.sentence)
        resource = self.table_resource
        context = {
            **self._table_context(request),
            "form": form,
            "columns": resource.columns,
            "note": self.table_note,
            "most": f"{resource.most_rows:,}",
            "can_export": hasattr(self, "export_view"),
            "export": f"admin:{self._table}_export",
        }
        return TemplateResponse(request, "console/table_import/upload.html", context)

    def table_confirm(self, request: HttpRequest) -> HttpResponse:
        """Write the plan of the preview, or show what changed meanwhile."""
        require(self.has_table_permission(request))
        if request.method != "POST":
            return redirect(f"admin:{self._table}_import")
        try:
            about = read_ticket(
                request.POST.get("ticket", ""), user=request.user, table=self._table
            )
            taken = take_upload(about)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return redirect(f"admin:{self._table}_changelist")
        name, layout = about["name"], FileLayout(**about["layout"])
        try:
            plan = plan_import(resource=self.table_resource(), path=taken, name=name, layout=layout)
            if plan.state != about["state"]:
                raise changed_meanwhile()
            write_import(plan=plan, by=request.user)
        except Refusal as refusal:
            return self._table_again(request, taken, name, layout, refusal)
        except BaseException:
            return_upload(taken)
            raise
        taken.unlink(missing_ok=True)
        self._table_record(request, plan, name)
        messages.success(request, counted(plan, name=name))
        return HttpResponseRedirect(reverse(f"admin:{self._table}_changelist"))

    def _table_again(
        self, request: HttpRequest, taken: Path, name: str, layout: FileLayout, refusal: Refusal
    ) -> HttpResponse:
        """Show the preview again, with the sentence why nothing was imported."""
        messages.error(request, refusal.sentence)
        try:
            return self._table_preview(request, return_upload(taken), name, layout)
        except Refusal as other:
            messages.error(request, other.sentence)
            return redirect(f"admin:{self._table}_import")

    def _table_preview(
        self, request: HttpRequest, file: Path, name: str, layout: FileLayout
    ) -> HttpResponse:
        plan = plan_import(resource=self.table_resource(), path=file, name=name, layout=layout)
        ticket = ""
        if plan.is_writable:
            ticket = ticket_of(
                file,
                user=request.user,
                table=self._table,
                name=name,
                layout=asdict(layout),
                state=plan.state,
            )
        else:
            file.unlink(missing_ok=True)
        context = {
            **self._table_context(request),
            "plan": plan,
            "ticket": ticket,
            "file_name": name,
            "sections": _sections(plan),
            "most": MOST_SHOWN,
            "longest": LONGEST_SHOWN,
        }
        return TemplateResponse(request, "console/table_import/preview.html", context)

    def _table_context(self, request: HttpRequest) -> dict[str, Any]:
        options = self.model._meta  # type: ignore[attr-defined]
        return {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": options,
            "title": gettext("Import a table: %(what)s") % {"what": options.verbose_name_plural},
            "back": reverse(f"admin:{self._table}_changelist"),
            "again": reverse(f"admin:{self._table}_import"),
            "confirm": reverse(f"admin:{self._table}_confirm"),
        }

    def _table_record(self, request: HttpRequest, plan: ImportPlan, name: str) -> None:
        """Add one entry to the audit trail; rows with a history keep their own changes too."""
        say_of_table(
            self.model,  # type: ignore[attr-defined]
            name=name,
            sentence=counted(plan, name=name),
        )


def _sections(plan: ImportPlan) -> list[tuple[str, Any, int, list[Any]]]:
    """Return (kind, title, number of rows, the first rows) of each kind that is listed."""
    titles = {
        WRONG: gettext("Rows with errors"),
        CHANGED: gettext("Changed"),
        NEW: gettext("New"),
        UNCHANGED: gettext("Unchanged"),
    }
    found = []
    for kind, title in titles.items():
        rows = [row for row in plan.outcomes if row.kind == kind][:MOST_SHOWN]
        if rows and (kind != UNCHANGED or plan.counts[UNCHANGED] == len(plan.outcomes)):
            found.append((kind, title, plan.counts[kind], rows))
    return found
