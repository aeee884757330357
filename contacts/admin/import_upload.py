"""The first page of an import: the upload of the file, into a list, with a policy."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from contacts.admin.import_return import remember_return
from contacts.imports.lifecycle import upload_import
from contacts.lists.name_after_file import name_after_file
from contacts.models import ContactImport, ContactList
from contacts.states import ImportPolicy
from foundation.admin import require
from foundation.name_form_field import NameFormField
from foundation.refusals import Refusal


class UploadForm(forms.Form):
    """The file, the list, and the policy for people who are contacts already."""

    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_(
            "CSV, TSV, XLSX or XLS, in any encoding, with a column of QQ numbers or of QQ mail "
            "addresses."
        ),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty. Choose another one."),
        },
    )
    contact_list = forms.ModelChoiceField(
        label=_("Add to list"),
        queryset=ContactList.objects.filter(archived_at=None).order_by("name"),
        required=False,
        empty_label=_("a new list"),
        widget=UnfoldAdminSelectWidget,
    )
    new_list = NameFormField(
        label=_("Name of the new list"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Empty: it is named after the file."),
    )
    policy = forms.ChoiceField(
        label=_("People who are contacts already"),
        choices=ImportPolicy.choices,
        initial=ImportPolicy.OVERWRITE,
        widget=UnfoldAdminSelectWidget,
    )

    def clean(self) -> dict[str, Any]:
        """Require a list or a new one, which is named after the file if it has no name."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        chosen, name = data.get("contact_list"), data.get("new_list") or ""
        if chosen is None and not name and data.get("file"):
            name = name_after_file(data["file"].name)
        if chosen is None and not name:
            self.add_error("new_list", _("Choose a list above, or name a new one here."))
        if chosen is not None and name:
            self.add_error("new_list", _("Choose a list above or name a new one here, not both."))
        data["new_list"] = name
        return data


class ImportUpload:
    """The upload page, mixed into the import's admin."""

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form (GET), or store the file and redirect to its check page (POST)."""
        require(self.has_upload_permission(request))  # type: ignore[attr-defined]
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            contact_import = self._upload(request, form)
            if contact_import is not None:
                remember_return(request, contact_import)
                return redirect("admin:contacts_contactimport_check", contact_import.pk)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": ContactImport._meta,
            "title": gettext("Import contacts"),
            "form": form,
            "back": reverse("admin:contacts_contactimport_changelist"),
        }
        return TemplateResponse(request, "console/import/upload.html", context)

    def _upload(self, request: HttpRequest, form: UploadForm) -> ContactImport | None:
        """Store the file; return None, with the refusal in the form, if it cannot be imported."""
        data = form.cleaned_data
        contact_list = data["contact_list"]
        is_new = False
        if contact_list is None:
            contact_list, is_new = ContactList.objects.get_or_create_named(data["new_list"])
        try:
            return upload_import(
                blocks=data["file"].chunks(),
                file_name=data["file"].name,
                contact_list=contact_list,
                policy=data["policy"],
                by=request.user,
            )
        except BaseException as problem:
            if is_new:  # no empty list stays behind
                contact_list.delete()
            if not isinstance(problem, Refusal):
                raise
            form.add_error("file", problem.sentence)
            return None
