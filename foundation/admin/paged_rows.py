"""Rows inside a form: their pages, and the labels of their fields."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.text import capfirst
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from foundation.admin.inline_edits import SEEN, InlineEditedForm
from foundation.admin.key_fields import is_key


class PagedFormSet(PaginationInlineFormSet):
    """A formset a page at a time; the library counts on any digits of any alphabet."""

    request: Any

    def get_page_num(self) -> int:
        """Return the page that the address or the form asks for."""
        key = self.get_pagination_key()
        for asked in (self.request.GET.get(key), self.request.POST.get(key)):
            if asked and is_key(asked) and int(asked):
                return int(asked)
        return 1


class LabelledInline(TabularInline):
    """Rows as a table: each field has the title of its column as its label for a screen reader."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields, with the hidden one of rows that may be changed."""
        found = super().get_fieldsets(request, obj)
        if issubclass(self.form, InlineEditedForm) and self.has_change_permission(request, obj):
            return [*found, (None, {"fields": [SEEN]})]
        return found

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return the rows' forms, with labels."""
        formset = super().get_formset(request, obj, **kwargs)
        for field in formset.form.base_fields.values():
            # A choice of another row is inside a widget with its links.
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs.setdefault("aria-label", capfirst(field.label))
        return formset
