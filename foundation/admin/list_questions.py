"""What the address of a list may ask: known comparisons, with values that a database can hold.

Django takes any lookup of any column from an address: a regular expression could keep the process
busy for ever, and a number beyond 64 bits fails only in the database.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import EmptyResultSet, FieldDoesNotExist, FullResultSet
from django.http import HttpRequest

from foundation.admin.key_fields import MOST_DIGITS
from foundation.admin.large_lists import LargeListMixin, is_exporting
from foundation.characters import is_storable

#: The comparisons that the console's own links and filters use.
COMPARISONS = {"exact", "in", "isnull", "isempty", "gt", "gte", "lt", "lte"}
YES_OR_NO = {"0", "1", "true", "false", "True", "False"}
#: The most characters of a value, and the most values of one question.
LONGEST_VALUE, MOST_VALUES = 500, 500


class ListQuestionsMixin:
    """Mixin of an admin page: its list answers every question, or says that it cannot."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Return whether the list may be asked for it.

        Raises:
            IncorrectLookupParameters: no row can have such a value.
        """
        comparison = _comparison(self.model, lookup)  # type: ignore[attr-defined]
        if comparison is None:
            return False
        refuse_impossible(value, comparison)
        return bool(super().lookup_allowed(lookup, value, request))  # type: ignore[misc]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the list, which checks its query before it is run."""
        return _checking(super().get_changelist(request, **kwargs))  # type: ignore[misc]


class _CheckedList:
    """Mixin of a ChangeList.

    Attributes:
        missing_choice: what the operator has to choose before the list can be shown; "": nothing.
    """

    missing_choice: Any = ""

    def get_ordering_field(self, field_name: Any) -> Any:
        """Return what a column sorts by; None for one that the list does not offer to sort by."""
        offered = self.sortable_by  # type: ignore[attr-defined]
        if offered is not None and field_name not in offered:
            return None
        return super().get_ordering_field(field_name)  # type: ignore[misc]

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Return the rows.

        Raises:
            IncorrectLookupParameters: the address asks for what cannot be put into a query, such
                as a time before the year 1 in another zone.
        """
        try:
            found = super().get_queryset(request, *args, **kwargs)  # type: ignore[misc]
            found.query.get_compiler(found.db).as_sql()
        except (EmptyResultSet, FullResultSet):
            return found
        except (ArithmeticError, NotImplementedError, TypeError, ValueError) as problem:
            raise IncorrectLookupParameters(str(problem)[:200]) from problem
        page: Any = self.model_admin  # type: ignore[attr-defined]
        if not isinstance(page, LargeListMixin) or is_exporting(request):
            return found
        self.missing_choice = page.missing_choice(request)
        return found.none() if self.missing_choice else page.searched_rows(request, found)


@cache
def _checking(kind: Any) -> Any:
    return type(kind.__name__, (_CheckedList, kind), {})


def _comparison(model: Any, lookup: str) -> str | None:
    """Return the comparison at the end of a lookup; None if it is none of COMPARISONS."""
    parts = lookup.split("__")
    options = model._meta
    for at, part in enumerate(parts):
        if part == "pk":
            continue
        try:
            field = options.get_field(part)
        except FieldDoesNotExist:
            # The name of a filter of ours, or a name that does not exist, which Django refuses.
            is_ours = at == 0
            rest = parts[at:]
            return "exact" if is_ours or rest == [] else _known(rest)
        if not getattr(field, "path_infos", None):
            return _known(parts[at + 1 :])
        options = field.path_infos[-1].to_opts
    return "exact"


def _known(rest: list[str]) -> str | None:
    if not rest:
        return "exact"
    return rest[0] if len(rest) == 1 and rest[0] in COMPARISONS else None


def refuse_impossible(value: Any, comparison: str) -> None:
    """Refuse a value of an address that no row can have.

    Raises:
        IncorrectLookupParameters: it is one.
    """
    text = str(value)
    values = text.split(",") if comparison == "in" else [text]
    if comparison in ("isnull", "isempty") and text not in YES_OR_NO:
        raise IncorrectLookupParameters("yes or no")
    if len(values) > MOST_VALUES or not is_storable(text):
        raise IncorrectLookupParameters("too many values, or broken characters")
    for one in values:
        digits = one.strip().lstrip("+-")
        if len(one) > LONGEST_VALUE or (digits.isdigit() and len(digits) > MOST_DIGITS):
            raise IncorrectLookupParameters("too large a value")
