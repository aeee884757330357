"""Makes what all rows of a list have in common once a list, not once a row.

Unfold makes a list's headers anew for each row, asks for each row what is true of the list, and
renders a template for each row's checkbox and each state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import cycle
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from unfold.admin import ModelAdmin, checkbox
from unfold.decorators import display
from unfold.templatetags import unfold_list

from foundation.admin.list_cells import cells_of

_headers_of = unfold_list.result_headers
#: A row as Unfold's change_list_results.html has it; every other row has the second classes.
_ROW = (
    '<tbody class="block relative lg:table-row-group {}" x-data="{{rowOpen: false}}" >'
    '<tr class="data-row block border border-base-200 mb-3 relative rounded-default lg:table-row '
    'lg:border-none lg:mb-0 lg:rounded-none dark:border-base-800">{}</tr></tbody>'
)
_SHADES = ("", "bg-base-50 dark:bg-white/[.02]")


def result_headers(cl: Any) -> Sequence[dict[str, Any]]:
    """Return the headers of a list."""
    if not hasattr(cl, "made_headers"):
        cl.made_headers = list(_headers_of(cl))
    headers: list[dict[str, Any]] = cl.made_headers
    return headers


def results(cl: Any) -> Iterator[SafeString]:
    """Yield the rows of a list: templates/admin/change_list_results.html has no more of them."""
    for shade, cells in zip(cycle(_SHADES), cells_of(cl, result_headers(cl)), strict=False):
        yield SafeString(_ROW.format(shade, "".join(cells)))


# The list's template tag finds the functions by their names.
unfold_list.result_headers = result_headers
unfold_list.results = results


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
