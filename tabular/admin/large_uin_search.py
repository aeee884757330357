"""The search by the beginning of a UIN in lists of a million people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from foundation.admin.large_lists import is_exporting
from tabular.uin_search import first_by_uin, search_by_uin, uin_digits

#: Rows that are found by the beginning of a UIN; who wants others enters more digits.
MOST_FOUND = 1_000


def search_many_by_uin(
    request: HttpRequest,
    rows: QuerySet[Any],
    term: str,
    *,
    parts: Sequence[QuerySet[Any]] = (),
    also: Sequence[str] = (),
) -> QuerySet[Any]:
    """Return the rows whose UIN begins with the term, and tell if there are more than are shown.

    Args:
        request: the request of the list; for a file all rows are found.
        rows: the rows to search.
        term: the text that the operator typed; one that is no number is looked for in `also`.
        parts: the rows by the index that finds them; empty: one index has all.
        also: lookups of text columns, such as `name__istartswith`.
    """
    digits = uin_digits(term)
    if not digits or is_exporting(request):
        return search_by_uin(rows, term, also=also)
    keys = first_by_uin(parts or (rows,), digits, most=MOST_FOUND + 1)
    match = request.resolver_match
    if len(keys) > MOST_FOUND and match is not None and match.url_name != "autocomplete":
        messages.info(
            request,
            _(
                "More than %(n)s UINs begin so. The first of them are shown; enter more digits for "
                "others."
            )
            % {"n": number_format(MOST_FOUND, force_grouping=True)},
        )
    return rows.filter(pk__in=keys[:MOST_FOUND])
