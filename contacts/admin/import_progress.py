"""The third page of an import: progress, result, rejected rows, cancelling and taking back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.admin.import_return import return_address
from contacts.imports.files import rejects_file
from contacts.imports.lifecycle import cancel_import
from contacts.imports.progress import progress_of
from contacts.imports.undo import request_undo
from contacts.models import ContactImport
from contacts.states import UNDOABLE_STATES, UNFINISHED_STATES, ImportState
from contacts.tasks import wake_import
from foundation.admin import STOP_POLLING, confirmation, require
from foundation.refusals import Refusal

#: The HTTP status that tells htmx to stop polling.


class ImportProgress:
    """The progress page, mixed into the import's admin."""

    def page_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the page."""
        found = self._find_import(request, object_id)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": ContactImport._meta,
            "title": found.file_name,
            **self._live_context(request, found),
        }
        return TemplateResponse(request, "console/import/page.html", context)

    def live_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Return the live part of the page alone, which the page polls."""
        found = self._find_import(request, object_id)
        context = self._live_context(request, found)
        status = 200 if context["is_live"] else STOP_POLLING
        return TemplateResponse(request, "console/import/live.html", context, status=status)

    def rejects_view(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """Return the file of rejected rows and their reasons."""
        found = self._find_import(request, object_id)
        file = rejects_file(found)
        if not file.is_file():
            raise Http404
        return FileResponse(
            file.open("rb"),
            as_attachment=True,
            filename=_("rejected rows of %(file)s.csv") % {"file": Path(found.file_name).stem},
            content_type="text/csv; charset=utf-8",
        )

    def do_view(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Ask for confirmation (GET), then cancel the import or take it back (POST)."""
        require(self.has_upload_permission(request))  # type: ignore[attr-defined]
        found = self._find_import(request, object_id)
        if verb not in {"cancel", "undo"}:
            raise Http404
        back = reverse("admin:contacts_contactimport_page", args=[found.pk])
        if request.method != "POST":
            return self._confirm(request, found, verb, back)
        try:
            if verb == "cancel":
                cancel_import(contact_import=found)
                messages.success(
                    request, _("Cancelled. What was loaded stays; you can take it back here.")
                )
            else:
                request_undo(contact_import=found)
                wake_import(found.pk)
                messages.success(request, _("The import is being taken back."))
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
        return HttpResponseRedirect(back)

    def _confirm(
        self, request: HttpRequest, found: ContactImport, verb: str, back: str
    ) -> HttpResponse:
        if verb == "cancel":
            title, words = _("Cancel the import of %(file)s?"), _("Cancel the import")
            sentences = [_("What is loaded so far stays, and can be taken back afterwards.")]
        else:
            title, words = _("Take back the import of %(file)s?"), _("Take it back")
            sentences = [
                _("The people it created are deleted, unless something else refers to them now."),
                _("The memberships it added are deleted, and the values it changed are restored."),
            ]
        return confirmation(
            request,
            self,
            title=title % {"file": found.file_name},
            sentences=sentences,
            verb=words,
            back=back,
            is_dangerous=True,
        )

    def _find_import(self, request: HttpRequest, object_id: int) -> ContactImport:
        require(self.has_view_permission(request))  # type: ignore[attr-defined]
        found = ContactImport.objects.filter(pk=object_id).select_related("contact_list").first()
        if found is None:
            raise Http404
        return found

    def _live_context(self, request: HttpRequest, found: ContactImport) -> dict[str, Any]:
        may_import = self.has_upload_permission(request)  # type: ignore[attr-defined]
        return {
            "found": found,
            "progress": progress_of(found),
            "percent": 100 * progress_of(found).fraction,
            "is_live": found.state in UNFINISHED_STATES,
            "can_cancel": may_import and found.state in {ImportState.QUEUED, ImportState.RUNNING},
            "can_undo": may_import and found.state in UNDOABLE_STATES,
            "may_delete": may_import,
            "return_address": return_address(request, found),
            "has_rejects": bool(found.rejected) and rejects_file(found).is_file(),
        }
