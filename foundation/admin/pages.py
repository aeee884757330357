"""The base classes of the console's lists and forms.

They enforce three rules. A list of a big table never runs COUNT(*). A form saves only the columns
that the operator changed in it, so a page that was open for an hour cannot write back an old state,
lease or figure. What something needs is not deleted, and what two people edit is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.db.models import DecimalField, FloatField, Model
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin, TabularInline
from unfold.paginator import InfinitePaginator

from foundation.acts import MOST_MENTIONED, say, trail
from foundation.admin.archived import ArchivedMixin
from foundation.admin.deletion import DeletionMixin
from foundation.admin.edit_pages import EditsMixin
from foundation.admin.given_values import GivenValuesMixin
from foundation.admin.key_fields import KeyFieldsMixin
from foundation.admin.large_lists import LargeListMixin
from foundation.admin.list_questions import ListQuestionsMixin
from foundation.admin.list_rows import ListRowsMixin
from foundation.admin.paged_rows import PagedFormSet
from foundation.admin.permissions import ReadOnlyMixin
from foundation.admin.plain_numbers import PlainNumberWidget
from foundation.admin.typed_filters import TypedFiltersMixin

#: Entries of a page of a row's history.
ENTRIES_OF_A_PAGE = 50


class GuardedAdmin(
    KeyFieldsMixin,
    ListQuestionsMixin,
    ListRowsMixin,
    GivenValuesMixin,
    ArchivedMixin,
    DeletionMixin,
    EditsMixin,
    ModelAdmin,
):
    """Rows that are deleted, archived and edited without an unannounced loss."""

    object_history_template = "console/object_history.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the URL that restores an archived row."""
        options = self.model._meta
        restore = self.admin_site.admin_view(self.restore_view)
        name = f"{options.app_label}_{options.model_name}_restore"
        return [path("<path:object_id>/restore/", restore, name=name), *super().get_urls()]

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Say in the audit trail, which takes the place of Django's own log, what was added."""
        say(about=obj)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Say in the audit trail what was changed; a list is Django's names of the fields."""
        say(message if isinstance(message, str) else "", about=obj)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Say in the audit trail what is deleted."""
        for row in queryset[:MOST_MENTIONED]:
            say(about=row)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what the audit trail has about a row."""
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        if isinstance(page, TemplateResponse) and page.context_data is not None:
            entries = trail().history(page.context_data["object"])
            shown = Paginator(entries, ENTRIES_OF_A_PAGE).get_page(request.GET.get("p"))
            page.context_data["entries"] = shown
        return page


class ConsoleAdmin(TypedFiltersMixin, GuardedAdmin):
    """The base of all list and form pages of the console."""

    list_per_page = 50
    #: True would run a second COUNT(*) on every filtered page.
    show_full_result_count = False
    list_filter_submit = True
    warn_unsaved_form = True
    compressed_fields = True
    formfield_overrides = {
        DecimalField: {"widget": PlainNumberWidget},
        FloatField: {"widget": PlainNumberWidget},
    }
    #: Text of an empty list: why it is empty, and what to do next.
    empty_sentence: Any = ""
    #: (label, URL name) of the next step that an empty list offers.
    empty_step: tuple[Any, str] | None = None

    def address_of(self, request: HttpRequest, obj: Any) -> str | None:
        """Return the URL of the page that a row has in place of its form; None: it has the form."""
        return None

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Return what the templates around a row's form need, added to the form's context."""
        return {}

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Show a row's form with its `page_context`, or redirect to its `address_of`."""
        if change:
            address = self.address_of(request, obj)
            if address is not None:
                return HttpResponseRedirect(address)
            context |= self.page_context(request, obj)
        shown: HttpResponse = super().render_change_form(
            request, context, add, change, form_url, obj
        )
        return shown

    def save_model(self, request: HttpRequest, obj: Model, form: Form, change: bool) -> None:
        """Save a new row completely, and of an existing row only the changed columns."""
        if not change:
            obj.save()
            return
        changed = changed_columns(obj, form.changed_data)
        if changed:
            obj.save(update_fields=changed)


class UncountedAdmin(LargeListMixin, ConsoleAdmin):
    """The list of a table with millions of rows: it has previous and next, and no total."""

    paginator = InfinitePaginator
    list_disable_select_all = True
    #: Facets would count the table once for every choice of every filter.
    show_facets = ShowFacets.NEVER


class TimelineInline(ReadOnlyMixin, TabularInline):
    """The history on a row's page, newest first, a page at a time."""

    formset = PagedFormSet
    extra = 0
    per_page = 10
    tab = True


def changed_columns(obj: Model, names: Iterable[str]) -> list[str]:
    """Return the columns of `obj` to save when the form fields `names` changed.

    If there are any, columns with `auto_now` are added. Many-to-many fields are left out: Django
    saves them separately.
    """
    columns = {field.name: field for field in obj._meta.concrete_fields}
    changed = [name for name in names if name in columns]
    if changed:
        changed += [name for name, field in columns.items() if getattr(field, "auto_now", False)]
    return changed
