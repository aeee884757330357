"""The list of contact lists and the form of one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import BigIntegerField, Count, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from contacts.admin.import_button import ImportButton
from contacts.admin.list_combination import ListCombination
from contacts.admin.size_chart import size_context
from contacts.lists.kept_sizes import SIZE_OF_LIST, are_kept
from contacts.lists.sizes import sizes_of
from contacts.models import ContactList, Membership
from contacts.resources import ContactListResource
from foundation.admin import ConsoleAdmin, ExportMixin, NamedMixin
from labels.admin.labelled import LabelledMixin
from tabular.admin.table_import import TableImport
from tabular.exports import stream_csv, write_xlsx


@admin.register(ContactList)
class ContactListAdmin(
    LabelledMixin,
    NamedMixin,
    TableImport,
    ListCombination,
    ImportButton,
    ExportMixin,
    ConsoleAdmin,
):
    """Contact lists, each with its size and a link to its contacts."""

    export_resource = table_resource = ContactListResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    list_display = ["name", "people", "description", "created_at"]
    actions_list = ["to_upload", "to_table", "to_combine"]
    table_note = _(
        "This is for the names and descriptions of lists. The people of a list come through "
        "“Import contacts”."
    )
    search_fields = ["name", "description"]
    fields = ["name", "description", "labels"]
    change_form_outer_before_template = "console/people/list.html"
    autocomplete_fields = ["labels"]
    empty_sentence = _(
        "A list holds the people to whom a campaign is sent. Import contacts into one, or add an "
        "empty one here."
    )
    empty_step = (_("Import contacts"), "admin:contacts_contactimport_upload")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContactList]:
        """Return the lists; with their sizes, to be ordered by them."""
        found = super().get_queryset(request)
        asked = request.GET.get(ORDER_VAR, "").replace("-", "").split(".")
        # The column of the checkboxes is in front.
        if str(self.list_display.index("people") + 1) not in asked:
            return found
        if are_kept():
            size = RawSQL(SIZE_OF_LIST, (), output_field=BigIntegerField())  # noqa: S611 - ours
            return found.annotate(size=size)
        members = Membership.objects.filter(contact_list=OuterRef("pk")).order_by()
        counted = members.values("contact_list").annotate(n=Count("pk")).values("n")
        return found.annotate(size=Coalesce(Subquery(counted), 0))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the page of lists, with the sizes of its rows."""
        page = super().get_changelist_instance(request)
        sizes = sizes_of([row.pk for row in page.result_list])
        for row in page.result_list:
            row.shown_size = sizes[row.pk].text
        return page

    def page_context(self, request: HttpRequest, obj: ContactList) -> dict[str, Any]:
        """Return how the list grew, which the page shows above the form."""
        return size_context(obj)

    def get_urls(self) -> list[URLPattern]:
        """Add the URL of combining lists."""
        combine = self.admin_site.admin_view(self.combine_view)
        return [path("combine/", combine, name="contacts_contactlist_combine"), *super().get_urls()]

    @action(
        description=_("Combine lists"),
        url_path="to-combine",
        icon="join_inner",
        permissions=["add"],
    )
    def to_combine(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the page of combining lists."""
        return redirect("admin:contacts_contactlist_combine")

    @display(description=_("people"), ordering="size")
    def people(self, contact_list: Any) -> str:
        """Return the size of the list, linked to its contacts."""
        address = reverse("admin:contacts_contact_changelist")
        return format_html(
            '<a class="text-link" href="{}?lists__id__exact={}">{}</a>',
            address,
            contact_list.pk,
            contact_list.shown_size,
        )
