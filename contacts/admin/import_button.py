"""The button above a list that opens the upload page of an import."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

#: A file changes the values of people who exist, so adding alone is not enough.
NEEDED = ["contacts.add_contactimport", "contacts.add_contact", "contacts.change_contact"]


class ImportButton:
    """Adds the button to a list's `actions_list`, as "to_upload"."""

    actions_list = ["to_upload"]

    @action(
        description=_("Import contacts"),
        url_path="to-upload",
        icon="upload_file",
        permissions=["upload"],
    )
    def to_upload(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the upload page."""
        return redirect("admin:contacts_contactimport_upload")

    def has_upload_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may import contacts: add people, and change those who exist.

        The action names this method: naming a permission of another app would make Django's
        system check read the database.
        """
        return request.user.has_perms(NEEDED)
