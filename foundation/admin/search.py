"""Searching a list by the beginning of a UIN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

#: Digits of the largest UIN; a longer search term is not a UIN.
UIN_DIGITS = 10


def uin_starts_with(digits: str, *, field: str = "uin") -> Q:
    """Return the condition that a UIN begins with these digits, as ranges that an index serves.

    Args:
        digits: one to ten ASCII digits.
        field: the column of the UIN.
    """
    number, condition = int(digits), Q(**{field: int(digits)})
    for more in range(1, UIN_DIGITS - len(digits) + 1):
        scale = 10**more
        condition |= Q(**{f"{field}__gte": number * scale, f"{field}__lt": (number + 1) * scale})
    return condition


def search_by_uin(queryset: QuerySet[Any], term: str, *, also: Sequence[str] = ()) -> QuerySet[Any]:
    """Return the rows whose UIN begins with the term; if it is not a number, search `also`.

    Args:
        queryset: the rows to search.
        term: the text that the operator typed.
        also: lookups of text columns, such as `name__istartswith`.
    """
    term = term.strip()
    if term.isascii() and term.isdigit() and len(term) <= UIN_DIGITS:
        return queryset.filter(uin_starts_with(term))
    condition = Q(pk__in=())
    for lookup in also:
        condition |= Q(**{lookup: term})
    return queryset.filter(condition)
