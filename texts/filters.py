"""The filters of message texts: the library's, each told before it works what it may cost.

A filter that is not in the table does not exist: one that comes with another version of the library
is looked at before it is used. What a filter is given and makes is bounded, and what it costs is
charged first. The few whose cost does not follow from the size of what they are given (they
multiply it, search in it, or parse it) are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from liquid.token import Token

from foundation.sentences import Sentence as _
from texts.bounds import LONGEST_DATE, MOST_CHARACTERS, Budget, TooCostly, too_large
from texts.replaced_filters import date, strip_html

#: Looks at what a filter is given, charges what it costs beyond its size, refuses what it must not
#: do: the budget, the value and the arguments.
Guard = Callable[[Budget, Any, Sequence[Any]], None]

#: Steps that any filter takes.
FILTER_STEPS = 4
#: Steps that the reading of a date takes.
DATE_STEPS = 150
#: Characters up to which CPython searches without a worst case in mind, and of a needle above it.
_PLAIN_SEARCH, _SHORT_NEEDLE = 2_500, 100


def search_steps(text: str, term: str, *, backwards: bool = False) -> int:
    """Return the steps that a search takes at worst: character by character, from each one."""
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
    """`replace`, which can be chained: what it makes is counted first."""
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
    """Charge for each item, and for looking for the name of a part in those that are texts.

    The library spells out a name that is no text anew for each item.
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
    """`uniq`, which compares each item with each other."""
    _goes_through(budget, value, arguments)
    budget.charge(_count(value) * budget.size_of(value) >> 9)


def _dates(budget: Budget, value: Any, arguments: Sequence[Any]) -> None:
    if arguments and len(str(arguments[0])) > LONGEST_DATE:
        raise TooCostly(_("the format of a date is too long: shorten it."), token=None)
    if isinstance(value, str):
        budget.charge(DATE_STEPS)


def _count(value: Any) -> int:
    """Return how many items a filter of lists sees, lists within it laid open."""
    if isinstance(value, list | tuple):
        return sum(map(_count, value)) + 1
    return 1


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is known of a filter.

    Attributes:
        shift: two to this power is how many characters it works on in a step.
        is_of_text: whether the library makes a text of what it is given.
        guard: what else there is to be said before it works.
        work: the filter, if it is not the library's.
        has_now: whether it is told the time of the rendering, as `now`.
    """

    shift: int
    is_of_text: bool = True
    guard: Guard | None = None
    work: Callable[..., Any] | None = None
    has_now: bool = False


_PLAIN = _Kind(7)
_SLOW = _Kind(4)
_LIST = _Kind(7, is_of_text=False, guard=_goes_through)
_NUMBER = _Kind(6, is_of_text=False)
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
    "date": _Kind(7, is_of_text=False, guard=_dates, work=date, has_now=True),
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
    """A filter that does nothing it cannot pay for."""

    __slots__ = ("_guard", "_has_now", "_is_of_text", "_shift", "_work")

    def __init__(self, name: str, work: Callable[..., Any], *, environment: Any) -> None:
        kind = FILTERS[name]
        self._shift, self._is_of_text, self._guard = kind.shift, kind.is_of_text, kind.guard
        self._work, self._has_now = kind.work or work, kind.has_now
        if getattr(work, "with_environment", False):
            self._work = partial(self._work, environment=environment)

    def __call__(
        self, budget: Budget, token: Token | None, value: Any, /, *arguments: Any, **named: Any
    ) -> Any:
        """Return what the filter makes of a value.

        Raises:
            TooCostly: it would take or make too much.
        """
        try:
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
            return made
        except TooCostly as problem:
            problem.token = problem.token or token
            raise


def bounded(filters: Mapping[str, Callable[..., Any]], *, environment: Any) -> dict[str, Any]:
    """Return the filters of the language, out of the library's."""
    return {
        name: BoundedFilter(name, work, environment=environment)
        for name, work in filters.items()
        if name in FILTERS
    }
