"""The list of imports, and the URLs of an import's pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from contacts.admin.import_button import ImportButton
from contacts.admin.import_check import ImportCheck
from contacts.admin.import_progress import ImportProgress
from contacts.admin.import_upload import ImportUpload
from contacts.imports.progress import progress_of
from contacts.models import ContactImport
from contacts.states import ImportState
from foundation.admin import ConsoleAdmin, NameSearchMixin, ReadOnlyMixin
from foundation.display import choice_words

IMPORT_COLOURS = {
    ImportState.UPLOADED: "info",
    ImportState.QUEUED: "info",
    ImportState.RUNNING: "primary",
    ImportState.DONE: "success",
    ImportState.FAILED: "danger",
    ImportState.CANCELLED: "default",
    ImportState.UNDOING: "warning",
    ImportState.UNDONE: "default",
}


@admin.register(ContactImport)
class ContactImportAdmin(
    ImportUpload,
    ImportCheck,
    ImportProgress,
    ImportButton,
    NameSearchMixin,
    ReadOnlyMixin,
    ConsoleAdmin,
):
    """Imports. Their rows are read-only here: the pages call services to change them."""

    list_display = ["file", "badge", "into", "progress", "counts", "created_by", "created_at"]
    list_display_links = None
    #: Each row shows its progress and figures.
    list_per_page = 25
    list_filter = [("state", ChoicesDropdownFilter), ("contact_list", AutocompleteSelectFilter)]
    list_select_related = ["contact_list", "created_by"]
    search_fields = ["file_name", "contact_list__name"]
    name_key_field = "contact_list__name_key"
    ordering = ["-id"]
    empty_sentence = _(
        "Import any spreadsheet of Excel or WPS (XLSX, XLS or CSV) with a column of QQ numbers or "
        "of QQ mail addresses."
    )
    empty_step = (_("Import contacts"), "admin:contacts_contactimport_upload")

    def get_urls(self) -> list[URLPattern]:
        """Add the URLs of the pages of an import."""
        wrap = self.admin_site.admin_view
        name = "contacts_contactimport"
        return [
            path("upload/", wrap(self.upload_view), name=f"{name}_upload"),
            path("<int:object_id>/check/", wrap(self.check_view), name=f"{name}_check"),
            path("<int:object_id>/page/", wrap(self.page_view), name=f"{name}_page"),
            path("<int:object_id>/live/", wrap(self.live_view), name=f"{name}_live"),
            path("<int:object_id>/rejects/", wrap(self.rejects_view), name=f"{name}_rejects"),
            path("<int:object_id>/do/<slug:verb>/", wrap(self.do_view), name=f"{name}_do"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow it to users who may import; an import that loaded people is refused by its page."""
        return self.has_upload_permission(request)

    def address_of(self, request: HttpRequest, obj: ContactImport) -> str:
        """Return the URL of the import's check or progress page; an import has no form."""
        return import_address(obj)

    @display(description=_("file"), ordering="file_name")
    def file(self, contact_import: ContactImport) -> SafeString:
        """Return the file's name, linked to the import's page."""
        return format_html(
            '<a class="q-name" href="{}">{}</a>',
            import_address(contact_import),
            contact_import.file_name,
        )

    @display(description=_("state"), label=IMPORT_COLOURS, ordering="state")
    def badge(self, contact_import: ContactImport) -> tuple[str, Any]:
        """Return the state, which selects the colour, and its label."""
        return contact_import.state, choice_words(contact_import, "state")

    @display(description=_("into the list"), ordering="contact_list__name")
    def into(self, contact_import: ContactImport) -> Any:
        """Return the list that the people are added to."""
        return contact_import.contact_list or _("(deleted)")

    @display(description=_("progress"))
    def progress(self, contact_import: ContactImport) -> Any:
        """Return a progress bar."""
        progress = progress_of(contact_import)
        return render_to_string(
            "console/import/progress.html",
            {"progress": progress, "percent": 100 * progress.fraction},
        )

    @display(description=_("new / changed / rejected"))
    def counts(self, contact_import: ContactImport) -> str:
        """Return the numbers of new, changed and rejected rows."""
        return f"{contact_import.created} / {contact_import.updated} / {contact_import.rejected}"


def import_address(contact_import: ContactImport) -> str:
    """Return the URL of an import's page: the check page until it is started, then progress."""
    view = "check" if contact_import.state == ImportState.UPLOADED else "page"
    return reverse(f"admin:contacts_contactimport_{view}", args=[contact_import.pk])
