"""The filters of message texts: those of the library, each with a bound on its cost.

Only the filters in the table FILTERS exist, so a filter that a new version of the library brings is
examined before it is offered. The sizes of a filter's input and result are bounded. Its cost is
charged before it works. For most filters the cost follows from the size of the input. The others
multiply the input, search in it or parse it; each of these has a guard of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from liquid.exceptions import FilterArgumentError
from liquid.token import Token

from foundation.sentences import Sentence as _
from texts.bounds import (
    LONGEST_DATE,
    MOST_CHARACTERS,
    Budget,
    TooCostly,
    number_too_large,
    too_large,
)
from texts.read_text import LONGEST_READ, ReadText, for_dates, for_numbers, number_in, plain_text
from texts.replaced_filters import date, strip_html

#: Charges for the cost that does not follow from the size of the input, and refuses input that
#: would make too much. It is called with the budget, the value and the arguments.
Guard = Callable[[Budget, Any, Sequence[Any]], None]

#: Steps that any filter takes.
FILTER_STEPS = 4
#: Steps that parsing a date takes.
DATE_STEPS = 150
#: In a text shorter than the first number, CPython's search may compare the whole term at each
#: character. In a longer text it does so only with a term shorter than the second number.
_PLAIN_SEARCH, _SHORT_NEEDLE = 2_500, 100


def search_steps(text: str, term: str, *, backwards: bool = False) -> int:
    """Return the most steps a search can take: comparing the whole term at each character."""
    needle = len(term)
    if not backwards and len(text) >= _PLAIN_SEARCH:
        needle = min(needle, _SHORT_NEEDLE)
    return (len(text) * needle) >> 10


def _searches(budget: Budget, value: Any, arguments: Sequence[Any]) -> None:
    if arguments:
        budget.charge(search_steps(value, str(arguments[0])))


def _searches_backwards(budget: Budget, value: Any, arguments: Sequence[Any]) -> None:
    if arguments:
        budget.charge(search_steps(value, str(arguments[0]), backwards=True))


def _multiplies(budget: Budget, value: Any, arguments: Sequence[Any]) -> None:
    """Guard of `replace`: the size of its result is calculated first, since it can be chained."""
    _searches(budget, value, arguments)
    if len(arguments) > 1:
        old, new = str(arguments[0]), str(arguments[1])
        if len(value) + value.count(old) * len(new) > MOST_CHARACTERS:
            raise too_large()


def _joins(budget: Budget, value: Any, arguments: Sequence[Any]) -> None:
    separator = str(arguments[0]) if arguments else " "
    items = _count(value)
    if budget.size_of(value) + items * len(separator) > MOST_CHARACTERS:
        raise too_large()
    budget.charge(items)


def _goes_through(budget: Budget, value: Any, arguments: Sequence[Any]) -> None:
    """Guard of filters on lists: charge for each item, and for a search in items that are texts.

    If the argument is not a text, the library converts it to one again for each item.
    """
    items = _count(value)
    budget.charge(items + (items * sum(map(budget.size_of, arguments)) >> 6))
    if arguments and isinstance(arguments[0], str):
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                budget.charge(search_steps(item, arguments[0]))


def _sorts(budget: Budget, value: Any, arguments: Sequence[Any]) -> None:
    _goes_through(budget, value, arguments)
    items = _count(value)
    budget.charge((items * items.bit_length()) >> 3)


def _compares_all(budget: Budget, value: Any, arguments: Sequence[Any]) -> None:
    """Guard of `uniq`, which compares each item with every other."""
    _goes_through(budget, value, arguments)
    budget.charge(_count(value) * budget.size_of(value) >> 9)


def _dates(budget: Budget, value: Any, arguments: Sequence[Any]) -> None:
    if arguments and len(str(arguments[0])) > LONGEST_DATE:
        raise TooCostly(_("the format of a date is too long: shorten it."), token=None)
    if isinstance(value, str):
        budget.charge(DATE_STEPS)


def _calculates(_budget: Budget, value: Any, arguments: Sequence[Any]) -> None:
    """Refuse a text that is not a number: the library would calculate with 0 in its place."""
    for given in (value, *arguments):
        if isinstance(given, str) and given.strip() and number_in(given) is None:
            if len(given) > LONGEST_READ and given[:LONGEST_READ].strip("+-. ").isdigit():
                raise number_too_large()
            raise _no_number(given)


def _no_number(text: str) -> FilterArgumentError:
    sentence = _("“%(text)s” is not a number: it cannot be calculated with.")
    return FilterArgumentError(sentence % {"text": text[:40]}, token=None)


def _count(value: Any) -> int:
    """Return how many items a filter on lists handles, those of lists in the list included."""
    if isinstance(value, list | tuple):
        return sum(map(_count, value)) + 1
    return 1


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a filter is charged, and what does its work.

    Attributes:
        shift: the filter handles two to this power characters in a step.
        is_of_text: whether the library converts the value to a text first.
        sees: what the filter gets of a typed attribute: its text (the default), or its number.
        guard: called before the filter works, if the size of the input does not say enough.
        work: the function that replaces the library's, or None.
        has_now: whether the filter gets the time of the rendering, as `now`.
    """

    shift: int
    is_of_text: bool = True
    sees: Callable[[Any], Any] = plain_text
    guard: Guard | None = None
    work: Callable[..., Any] | None = None
    has_now: bool = False


_PLAIN = _Kind(7)
_SLOW = _Kind(4)
_LIST = _Kind(7, is_of_text=False, guard=_goes_through)
_NUMBER = _Kind(6, is_of_text=False, sees=for_numbers, guard=_calculates)
_ANY = _Kind(7, is_of_text=False)

FILTERS: dict[str, _Kind] = {
    "abs": _NUMBER,
    "append": _PLAIN,
    "at_least": _NUMBER,
    "at_most": _NUMBER,
    "base64_decode": _PLAIN,
    "base64_encode": _PLAIN,
    "base64_url_safe_decode": _PLAIN,
    "base64_url_safe_encode": _PLAIN,
    "capitalize": _PLAIN,
    "ceil": _NUMBER,
    "compact": _LIST,
    "concat": _LIST,
    "date": _Kind(7, is_of_text=False, sees=for_dates, guard=_dates, work=date, has_now=True),
    "default": _ANY,
    "divided_by": _NUMBER,
    "downcase": _PLAIN,
    "escape": _PLAIN,
    "escape_once": _Kind(1),
    "escapejs": _SLOW,
    "find": _LIST,
    "find_index": _LIST,
    "first": _ANY,
    "floor": _NUMBER,
    "has": _LIST,
    "join": _Kind(5, is_of_text=False, guard=_joins),
    "last": _ANY,
    "lstrip": _PLAIN,
    "map": _LIST,
    "minus": _NUMBER,
    "modulo": _NUMBER,
    "newline_to_br": _SLOW,
    "plus": _NUMBER,
    "prepend": _PLAIN,
    "reject": _LIST,
    "remove": _Kind(7, guard=_searches),
    "remove_first": _Kind(7, guard=_searches),
    "remove_last": _Kind(7, guard=_searches_backwards),
    "replace": _Kind(7, guard=_multiplies),
    "replace_first": _Kind(7, guard=_searches),
    "replace_last": _Kind(7, guard=_searches_backwards),
    "reverse": _LIST,
    "round": _NUMBER,
    "rstrip": _PLAIN,
    "safe": _PLAIN,
    "size": _ANY,
    "slice": _ANY,
    "sort": _Kind(5, is_of_text=False, guard=_sorts),
    "sort_natural": _Kind(5, is_of_text=False, guard=_sorts),
    "split": _Kind(5, guard=_searches),
    "squish": _SLOW,
    "strip": _PLAIN,
    "strip_html": _Kind(2, work=strip_html),
    "strip_newlines": _SLOW,
    "sum": _LIST,
    "times": _NUMBER,
    "truncate": _PLAIN,
    "truncatewords": _Kind(5),
    "uniq": _Kind(5, is_of_text=False, guard=_compares_all),
    "upcase": _PLAIN,
    "url_decode": _SLOW,
    "url_encode": _SLOW,
    "where": _LIST,
}


class BoundedFilter:
    """A filter that charges the budget before it works."""

    __slots__ = ("_guard", "_has_now", "_is_of_text", "_sees", "_shift", "_work")

    def __init__(self, name: str, work: Callable[..., Any], *, environment: Any) -> None:
        kind = FILTERS[name]
        self._shift, self._is_of_text, self._guard = kind.shift, kind.is_of_text, kind.guard
        self._sees = kind.sees
        self._work, self._has_now = kind.work or work, kind.has_now
        if getattr(work, "with_environment", False):
            self._work = partial(self._work, environment=environment)

    def __call__(
        self, budget: Budget, token: Token | None, value: Any, /, *arguments: Any, **named: Any
    ) -> Any:
        """Return the filter's result for a value.

        Raises:
            TooCostly: it would take too many steps, or its result would be too large.
        """
        try:
            if type(value) is ReadText:
                value = self._sees(value)
            if any(type(argument) is ReadText for argument in arguments):
                arguments = tuple(map(self._sees, arguments))
            size = budget.size_of(value)
            for argument in arguments:
                size += budget.size_of(argument)
            for argument in named.values():
                size += budget.size_of(argument)
            budget.charge((size >> self._shift) + FILTER_STEPS)
            if self._is_of_text and type(value) is not str:
                value = "" if value is None else str(value)
                budget.size_of(value)
            if self._guard is not None:
                self._guard(budget, value, (*arguments, *named.values()))
            if self._has_now:
                named["now"] = budget.now
            made = self._work(value, *arguments, **named)
            budget.size_of(made)
            if type(made) is float and not math.isfinite(made):
                raise _no_number(str(made))
            return made
        except (TooCostly, FilterArgumentError) as problem:
            problem.token = problem.token or token
            raise


def bounded(filters: Mapping[str, Callable[..., Any]], *, environment: Any) -> dict[str, Any]:
    """Return the library's filters that the language has, each with its bound."""
    return {
        name: BoundedFilter(name, work, environment=environment)
        for name, work in filters.items()
        if name in FILTERS
    }
