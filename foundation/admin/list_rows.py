"""Makes what all rows of a list have in common once a list, not once a row.

Unfold makes a list's headers anew for each row, and renders a template for each row's checkbox and
each state: together a quarter of the time of a list of 50 rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from unfold.admin import ModelAdmin, checkbox
from unfold.decorators import display
from unfold.templatetags import unfold_list

_headers_of = unfold_list.result_headers
#: The column of the checkboxes in `list_display`.
ACTION_CHECKBOX = "action_checkbox"


def result_headers(cl: Any) -> Sequence[dict[str, Any]]:
    """Return the headers of a list."""
    if not hasattr(cl, "made_headers"):
        cl.made_headers = list(_headers_of(cl))
    headers: list[dict[str, Any]] = cl.made_headers
    return headers


def display_for_label(value: Any, empty: str, label: Any) -> SafeString:
    """Return a state as a badge; what looks the same is rendered once a language."""
    colours = tuple(label.items()) if isinstance(label, dict) else None
    match value:
        case (state, words) if colours is not None:
            return _badge(get_language(), colours, state, str(words))
    made: SafeString = _label_of(value, empty, label)
    return made


@lru_cache(maxsize=1_000)
def _badge(
    _language: str | None, colours: tuple[tuple[Any, str], ...], state: Any, words: str
) -> SafeString:
    made: SafeString = _label_of((state, words), "", dict(colours))
    return made


def items_for_result(cl: Any, result: Model, form: Any) -> Iterator[SafeString]:
    """Return the cells of a row, each with its label for phones: the first is not always a box."""
    cells = _items_of(cl, result, form)
    if cl.list_display[0] != ACTION_CHECKBOX:
        label = format_html('data-label="{}"', result_headers(cl)[0]["text"])
        wrong = format_html('data-label="{}"', gettext("Select record"))
        for cell in islice(cells, 1):
            yield SafeString(cell.replace(wrong, label, 1))
    yield from cells


# The rows' template tag finds the functions by their names.
_label_of = unfold_list.display_for_label
unfold_list.result_headers = result_headers
_items_of = unfold_list.items_for_result
unfold_list.items_for_result = items_for_result
unfold_list.display_for_label = display_for_label


@cache
def _checkbox(_language: str | None) -> str:
    """Return the checkbox of a row, with a place for its key, in the language that is active."""
    return str(checkbox.render(ACTION_CHECKBOX_NAME, "{}"))


class ListRowsMixin(ModelAdmin):
    """Rows whose checkboxes are made from one text."""

    @display(description=ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Model) -> SafeString:
        """Return the checkbox that selects a row."""
        return format_html(_checkbox(get_language()), str(obj.pk))
