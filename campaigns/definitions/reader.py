"""Reads the values of a definition's fields, and collects what is wrong with its line."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from django.utils.translation import gettext as _

from campaigns.definitions.document import Fields, Items, Scalar, Value
from foundation.refusals import Refusal

_YES, _NO = ("true", "yes", "on"), ("false", "no", "off")
#: The longest number, in characters.
_LONGEST_NUMBER = 20
#: The most problems that are collected.
MOST_PROBLEMS = 100
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a file.

    Attributes:
        line: the line.
        field: the field, such as `cap.days`.
        sentence: what is wrong.
        code: the code of a refusal, or `malformed`.
    """

    line: int
    field: str
    sentence: str
    code: str = "malformed"


class FieldReader:
    """The fields of one mapping, read one by one.

    Args:
        fields: the mapping.
        problems: where problems are collected, shared by all readers of a file.
        prefix: put before the names of the fields in problems.
    """

    def __init__(self, fields: Fields, problems: list[Problem], *, prefix: str = "") -> None:
        self._fields = fields
        self.problems = problems
        self._prefix = prefix

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Note every field whose name is not known, with the nearest known one."""
        for key, line in self._fields.lines.items():
            if key in known:
                continue
            sentence = _("There is no field “%(key)s”.") % {"key": key[:100]}
            near = get_close_matches(key, list(known), n=1)
            if near:
                sentence += " " + _("Did you mean “%(near)s”?") % {"near": near[0]}
            self._note(key[:100], line, sentence)

    def line_of(self, key: str) -> int:
        """Return the line of a field; that of the mapping if the field is not there."""
        return self._fields.lines.get(key, self._fields.line)

    def has(self, key: str) -> bool:
        """Return whether a field is there and has a value."""
        value = self._fields.values.get(key)
        return value is not None and not (isinstance(value, Scalar) and value.is_null)

    def note(self, key: str, sentence: str, *, code: str = "malformed") -> None:
        """Note a problem with a field."""
        self._note(key, self.line_of(key), sentence, code=code)

    def text(self, key: str, default: str = "") -> str:
        """Return a text."""
        return self._scalar(key, default, lambda text: text, _("a text"))

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        """Return one of some words."""
        known = ", ".join(choices)
        return self._scalar(key, default, {word: word for word in choices}.get, known)

    def flag(self, key: str) -> bool:
        """Return true or false; false if the field is not there."""
        words = dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)
        return self._scalar(key, False, lambda text: words.get(text.lower()), "true, false")

    def whole(self, key: str) -> int | None:
        """Return a whole number of 0 or more; None if the field is not there."""
        return self._scalar(key, None, _whole, _("a whole number"))

    def number(self, key: str) -> float | None:
        """Return a number; None if the field is not there."""
        return self._scalar(key, None, _number, _("a number"))

    def texts(self, key: str) -> list[tuple[str, int]]:
        """Return a list of texts, each with its line."""
        found = []
        for value in self._items(key):
            if isinstance(value, Scalar) and not value.is_null:
                found.append((value.text, value.line))
            else:
                self._note(key, value.line, _("A text is expected here."))
        return found

    def texts_by_name(self, key: str) -> dict[str, str]:
        """Return the texts of a mapping by name; empty if the field is not there."""
        inside = self.reader(key)
        if inside is None:
            return {}
        return {name: inside.text(name) for name in inside._fields.values}

    def readers(self, key: str) -> list[FieldReader]:
        """Return a reader for each mapping in a list."""
        return [found for value in self._items(key) if (found := self._inside(key, value))]

    def reader(self, key: str) -> FieldReader | None:
        """Return a reader for a mapping; None if the field is not there."""
        return self._inside(key, self._fields.values[key]) if self.has(key) else None

    def attempt(
        self, key: str, do: Callable[[], Result], default: Result, *, line: int | None = None
    ) -> Result:
        """Return what a function returns; note its refusal as a problem with the field."""
        try:
            return do()
        except Refusal as refusal:
            at = self.line_of(key) if line is None else line
            self._note(key, at, refusal.sentence, code=refusal.code)
            return default

    def _inside(self, key: str, value: Value) -> FieldReader | None:
        if isinstance(value, Fields):
            return FieldReader(value, self.problems, prefix=f"{self._prefix}{key}.")
        self._note(key, value.line, _("Fields are expected here, like name: spring."))
        return None

    def _items(self, key: str) -> tuple[Value, ...]:
        value = self._fields.values.get(key)
        if value is None or (isinstance(value, Scalar) and value.is_null):
            return ()
        if isinstance(value, Items):
            return value.values
        self._note(key, value.line, _("A list is expected here: lines that begin with “- ”."))
        return ()

    def _scalar(
        self, key: str, default: Result, read: Callable[[str], Result | None], expected: str
    ) -> Result:
        value = self._fields.values.get(key)
        if value is None or (isinstance(value, Scalar) and value.is_null):
            return default
        found = read(value.text) if isinstance(value, Scalar) else None
        if found is None:
            self._note(key, value.line, _("Expected here: %(what)s.") % {"what": expected})
            return default
        return found

    def _note(self, key: str, line: int, sentence: str, *, code: str = "malformed") -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(line, self._prefix + key, sentence, code))


def _whole(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    number = int(text) if is_number else None
    return number if number is not None and number < 2**31 else None


def _number(text: str) -> float | None:
    try:
        number = float(text) if len(text) <= 2 * _LONGEST_NUMBER else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
