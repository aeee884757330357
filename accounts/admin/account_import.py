"""The page that imports accounts; it shows no password."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from accounts.imports.import_accounts import import_accounts
from accounts.models import Account, Egress
from foundation.admin import require
from foundation.refusals import Refusal
from tabular.admin.layout_form import LayoutForm
from tabular.table_import.table_file import FileLayout
from tabular.upload_files import copied_upload


class AccountUploadForm(LayoutForm):
    """The file, the egress of its accounts, and the layout of the file."""

    field_order = ["file", "egress"]

    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_(
            "CSV or XLSX with the columns uin and password; optionally name, min_interval, "
            "per_minute, per_hour, per_day, egress, status."
        ),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty. Choose another one."),
        },
    )
    egress = forms.ModelChoiceField(
        label=_("Pin to the egress"),
        queryset=Egress.objects.order_by("name"),
        required=False,
        empty_label=_("chosen at login"),
        widget=UnfoldAdminSelectWidget,
        help_text=_("For accounts whose row has no egress."),
    )


class AccountImport:
    """The import page, mixed into the account's admin."""

    def has_upload_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may import: add accounts, and change those that exist."""
        return bool(
            self.has_add_permission(request)  # type: ignore[attr-defined]
            and self.has_change_permission(request)  # type: ignore[attr-defined]
        )

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Show the form (GET), or import the file and show the result (POST)."""
        require(self.has_upload_permission(request))
        form = AccountUploadForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Account._meta,
            "title": gettext("Import accounts"),
            "form": form,
            "note": gettext(
                "Passwords are stored only as encrypted digests and are never shown. The file is "
                "not kept. Existing accounts get the values in the file."
            ),
            "verb": gettext("Import"),
            "back": reverse("admin:accounts_account_changelist"),
        }
        if request.method == "POST" and form.is_valid():
            egress = form.cleaned_data["egress"]
            try:
                result = _import(
                    form.cleaned_data["file"],
                    egress=egress,
                    layout=form.layout(),
                    by=request.user,
                )
            except Refusal as refusal:
                where = "encoding" if refusal.code.startswith("encoding") else "file"
                form.add_error(where, refusal.sentence)
            else:
                rejects = result.rejects_file
                context |= {"result": result, "rejects": rejects.stem if rejects else ""}
                return TemplateResponse(request, "console/account/imported.html", context)
        return TemplateResponse(request, "console/import/upload.html", context)

    def rejects(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """Return the file of rejected rows, which contains no passwords."""
        require(self.has_upload_permission(request))
        path = Path(settings.QQCAMPAIGN_HOME) / "imports" / f"{name}.csv"
        if not name.startswith("rejected-accounts-") or not path.is_file():
            raise Http404
        return FileResponse(path.open("rb"), as_attachment=True, filename="rejected-accounts.csv")


def _import(upload: UploadedFile, *, egress: Egress | None, layout: FileLayout, by: Any) -> Any:
    """Import from a temporary copy that only this user can read and that is deleted afterwards."""
    with copied_upload(upload) as path:
        return import_accounts(
            path=path,
            name=upload.name or "",
            egress=egress.name if egress is not None else "",
            encoding=layout.encoding,
            delimiter=layout.delimiter,
            sheet=layout.sheet,
            header_line=layout.header_line,
            by=by,
        )
