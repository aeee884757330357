"""Filters that an operator types into the search of a list, such as `label:vip since:7d`.

A typed filter is no second kind of filter: it leads to the address that the filter itself has. What
is typed and cannot be used stays in the search, with a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clocks import shared
from foundation.refusals import Refusal
from foundation.restricted import is_restricted
from foundation.spans import read_span

#: A word, a colon (also the one of Chinese keyboards), and a value, in quotes if it has blanks.
_TYPED = re.compile(r'(?<!\S)([^\W\d_]{1,20})[:：](?:"([^"]*)"|“([^”]*)”|(\S+))')


@dataclass(frozen=True, slots=True)
class TypedFilter:
    """A filter that can be typed.

    Args:
        word: before the colon, in English. Every language takes it.
        local: the word in the language of the reader, which is taken as well.
        example: a value, for the line below the search.
        address: returns the parameters of the list's address for a value; raises Refusal for one
            that cannot be used.
    """

    word: str
    local: Any
    example: str
    address: Callable[[str], Mapping[str, Any]]


class TypedFiltersMixin:
    """Mixin of an admin page: its list takes filters that are typed into the search."""

    typed_filters: Sequence[TypedFilter] = ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, or lead to the one that is filtered as typed."""
        shown: dict[str, Any] = {}
        # A restricted user's names are not all names, so their filters are those of the panel.
        if self.typed_filters and not is_restricted(request.user):
            address = self._typed_address(request)
            if address is not None:
                return HttpResponseRedirect(address)
            shown["typed_filters"] = [(str(one.local), one.example) for one in self.typed_filters]
        page: HttpResponse = super().changelist_view(  # type: ignore[misc]
            request, {**shown, **(extra_context or {})}
        )
        return page

    def _typed_address(self, request: HttpRequest) -> str | None:
        """Return the address of the filtered list; None if nothing, or nothing usable, is typed."""
        text = request.GET.get("q", "")
        if request.method != "GET" or (":" not in text and "：" not in text):
            return None
        known = {word.casefold(): one for one in self.typed_filters for word in _words(one)}
        found: dict[TypedFilter, Mapping[str, Any]] = {}
        problems, rest = [], text
        for typed in _TYPED.finditer(text):
            one = known.get(typed[1].casefold())
            if one is None:
                if not typed[0].partition(":")[2].startswith("//"):  # an address of the web
                    problems.append(_unknown(typed[1], self.typed_filters))
                continue
            try:
                if one in found:
                    raise Refusal(_("“%(word)s:” can be typed once.") % {"word": typed[1]}, code="")
                value = next(part for part in typed.groups()[1:] if part is not None)
                found[one] = one.address(value.strip())
            except Refusal as refusal:
                problems.append(refusal.sentence)
            rest = rest.replace(typed[0], " ", 1)
        for sentence in problems:
            messages.warning(request, sentence)
        if problems or not found:
            return None
        asked = request.GET.copy()
        asked.pop("p", None)
        for parameters in found.values():
            for name, value in parameters.items():
                asked[name] = str(value)
        asked["q"] = " ".join(rest.split())
        if not asked["q"]:
            del asked["q"]
        return f"{request.path}?{asked.urlencode()}"


def _words(one: TypedFilter) -> tuple[str, str]:
    return one.word, str(one.local)


def _unknown(word: str, known: Sequence[TypedFilter]) -> str:
    return _("There is no filter “%(word)s:”. Known are %(known)s.") % {
        "word": word,
        "known": ", ".join(f"{one.local}:" for one in known),
    }


def since_filter(column: str) -> TypedFilter:
    """Return the filter by the time in a column: since a day, or for so long."""

    def address(value: str) -> Mapping[str, Any]:
        return {f"{column}__gte": _since(value).isoformat()}

    return TypedFilter("since", gettext_lazy("since"), "7d", address)


def choice_filter(
    word: str, local: Any, example: str, *, parameter: str, choices: Sequence[tuple[Any, Any]]
) -> TypedFilter:
    """Return a filter by one of some values, written as such or in the language of the reader."""

    def address(value: str) -> Mapping[str, Any]:
        for key, words in choices:
            if value.casefold() in (str(key).casefold(), str(words).casefold()):
                return {parameter: key}
        known = ", ".join(str(words) for _key, words in choices)
        raise Refusal(
            _("“%(value)s” is none of: %(known)s.") % {"value": value[:60], "known": known},
            code="wrong_value",
        )

    return TypedFilter(word, local, example, address)


def _since(value: str) -> datetime:
    span = read_span(value)
    now = timezone.localtime(shared.wall())
    try:
        if span is not None:
            return now.replace(microsecond=0) - timedelta(seconds=span)
        return datetime.combine(date.fromisoformat(value), time(), now.tzinfo)
    except (ValueError, OverflowError):
        raise Refusal(
            _("“%(value)s” is no time: write a day such as 2026-11-01, or 12h or 7d.")
            % {"value": value[:60]},
            code="no_time",
        ) from None
