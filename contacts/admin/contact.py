"""The list of contacts and the form of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from contacts.admin.contact_form import ContactForm
from contacts.admin.contact_page import ContactPage
from contacts.admin.import_button import ImportButton
from contacts.models import Contact, ContactList, Membership
from contacts.people.attributes import record_attributes_of
from contacts.resources import ContactResource
from foundation.admin import (
    ExportMixin,
    TimelineInline,
    UncountedAdmin,
)
from foundation.admin.key_fields import is_key
from foundation.admin.large_lists import between
from foundation.admin.typed_filters import TypedFilter
from foundation.display import EMPTY
from foundation.find_named import find_named
from tabular.admin.large_uin_search import search_many_by_uin
from tabular.exports import stream_csv, write_xlsx

#: The question for the people of a list.
OF_LIST = "lists__id__exact"


def _list(value: str) -> Mapping[str, Any]:
    missing = gettext("There is no list “%(name)s”.")
    found = find_named(ContactList, value, missing=missing, code="list_unknown")
    return {OF_LIST: found.pk}


#: Filters that can be typed into the search.
TYPED_FILTERS = (TypedFilter("list", _("list"), "VIP", _list),)
#: The number of attributes that a row of the list shows.
SHOWN_ATTRIBUTES = 3


class MembershipInline(TimelineInline):
    """The lists that a contact is in."""

    model = Contact.lists.through
    fields = readonly_fields = ["contact_list", "added_at"]
    ordering = ["-id"]
    verbose_name_plural = _("in these lists")


@admin.register(Contact)
class ContactAdmin(ContactPage, ImportButton, ExportMixin, UncountedAdmin):
    """Contacts, by UIN."""

    export_resource = ContactResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    list_display = ["uin", "name", "in_lists", "known", "created_at"]
    list_filter = [("lists", AutocompleteSelectFilter)]
    cheap_questions = [OF_LIST]
    search_fields = ["uin"]
    typed_filters = TYPED_FILTERS
    search_help_text = _("UIN (its first digits are enough) or the beginning of the name")
    ordering = ["-id"]
    form = ContactForm
    fields = [("uin", "name"), "attributes"]
    inlines = [MembershipInline]
    empty_sentence = _(
        "Contacts are the people you write to. Import them from any spreadsheet with a column of "
        "QQ numbers."
    )
    empty_step = (_("Import contacts"), "admin:contacts_contactimport_upload")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        """Return the contacts, with the names of their lists in one query for the whole page."""
        named = Prefetch("lists", ContactList.objects.only("name"))
        return super().get_queryset(request).prefetch_related(named)

    def get_urls(self) -> list[URLPattern]:
        """Add the URL of the actions on one contact."""
        ask = self.admin_site.admin_view(self.ask_view)
        address = "<int:object_id>/ask/<slug:verb>/"
        return [path(address, ask, name="contacts_contact_ask"), *super().get_urls()]

    def is_cheap_search(self, term: str) -> bool:
        """Return True: names have an index too (decision 0053)."""
        return True

    def get_sortable_by(self, request: HttpRequest) -> list[str]:
        """Return the columns by which all contacts are sorted; those of a list have one order."""
        return [] if OF_LIST in request.GET else super().get_sortable_by(request)

    def searched_rows(self, request: HttpRequest, rows: QuerySet[Contact]) -> QuerySet[Contact]:
        """Return the rows; with a list, only from its first to its last person.

        Without this PostgreSQL looks for the list's people among all contacts.
        """
        key = request.GET.get(OF_LIST, "")
        if not is_key(key):
            return super().searched_rows(request, rows)
        members = Membership.objects.filter(contact_list=int(key))
        keys = members.order_by("contact_id").values_list("contact_id", flat=True)
        return between(rows, keys)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Contact], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the UIN, or of the name."""
        if not search_term:
            return queryset, False
        found = search_many_by_uin(request, queryset, search_term, also=["name__istartswith"])
        return found, False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Make the UIN of an existing contact read-only: it identifies the person."""
        return ("uin",) if obj is not None else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out the attributes for read-only users: the page shows them above the form."""
        if obj is not None and not self.has_change_permission(request, obj):
            return [("uin", "name")]
        return super().get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the changed columns, and record the names of new attributes for templates."""
        super().save_model(request, obj, form, change)
        if "attributes" in form.changed_data:
            record_attributes_of(contact=obj)

    @display(description=_("lists"))
    def in_lists(self, contact: Contact) -> str:
        """Return the names of the contact's lists."""
        return ", ".join(str(contact_list) for contact_list in contact.lists.all()) or EMPTY

    @display(description=_("attributes"))
    def known(self, contact: Contact) -> str:
        """Return the first attributes as "name: value"."""
        pairs = list(contact.attributes.items())[:SHOWN_ATTRIBUTES]
        return ", ".join(f"{name}: {value}" for name, value in pairs) or EMPTY
