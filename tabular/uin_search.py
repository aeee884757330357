"""Searching a list by the beginning of a UIN, which is read as imports read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from foundation.names import without_controls
from tabular.numbers import CellProblem, qq_number

#: Digits of the largest UIN; a longer search term is not a UIN.
UIN_DIGITS = 10


def uin_digits(term: str) -> str:
    """Return the digits of a UIN or of its beginning, or "" if the term is not a number.

    It is read as imports read a cell: `１００００１`, `12,345,678`, `QQ:423456`, `423456@qq.com`.
    """
    try:
        return str(qq_number(term, least=0, most=10**UIN_DIGITS - 1))
    except CellProblem:
        return ""


def uin_starts_with(digits: str, *, field: str = "uin") -> Q:
    """Return the condition that a UIN begins with these digits, as ranges that an index serves.

    Args:
        digits: one to ten ASCII digits.
        field: the column of the UIN.
    """
    condition = Q(**{field: int(digits)})
    for first, end in _ranges(digits)[1:]:
        condition |= Q(**{f"{field}__gte": first, f"{field}__lt": end})
    return condition


def first_by_uin(
    parts: Sequence[QuerySet[Any]], digits: str, *, most: int, field: str = "uin"
) -> list[Any]:
    """Return the keys of rows whose UIN begins with these digits, `most` of them at most.

    Each range of UINs is asked for by itself, so that the database has nothing to choose: of a
    condition with several ranges and another order it may read all rows, of any range its index.

    Args:
        parts: the rows, each part with an index that begins with the UIN.
        digits: one to ten ASCII digits.
        most: how many keys are returned.
        field: the column of the UIN.
    """
    keys: list[Any] = []
    for first, end in _ranges(digits):
        for rows in parts:
            found = rows.filter(**{f"{field}__gte": first, f"{field}__lt": end}).order_by(field)
            keys += found.values_list("pk", flat=True)[: most - len(keys)]
            if len(keys) >= most:
                return keys
    return keys


def _ranges(digits: str) -> list[tuple[int, int]]:
    """Return the first number and the end of each range of numbers that begin with the digits."""
    number = int(digits)
    if not number:  # no UIN begins with a zero
        return [(0, 1)]
    scales = (10**more for more in range(UIN_DIGITS - len(digits) + 1))
    return [(number * scale, (number + 1) * scale) for scale in scales]


def search_by_uin(
    queryset: QuerySet[Any], term: str, *, field: str = "uin", also: Sequence[str] = ()
) -> QuerySet[Any]:
    """Return the rows whose UIN begins with the term; if it is not a number, search `also`.

    Args:
        queryset: the rows to search.
        term: the text that the operator typed.
        field: the column of the UIN.
        also: lookups of text columns, such as `name__istartswith`.
    """
    digits = uin_digits(term)
    if digits:
        return queryset.filter(uin_starts_with(digits, field=field))
    text, condition = without_controls(term).strip(), Q(pk__in=())
    for lookup in also if text else ():
        condition |= Q(**{lookup: text})
    return queryset.filter(condition)
