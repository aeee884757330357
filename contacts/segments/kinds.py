"""The kinds of conditions: how each is written and shown, and the query that answers it.

A kind is described once. The tree of JSON, the where-language, the form in the browser and the
documentation follow from its phrases. Apps that this one must not import (accounts, campaigns)
register the kinds that need their data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias

from django.db.models import Q
from django.utils.timezone import get_default_timezone

from clocks import shared
from contacts.models.attribute import typed_attributes
from contacts.typed_values.types import ValueType

#: A condition that no person meets.
NOBODY = Q(pk__in=())
#: A word of a phrase: a slot in braces, a word in brackets that may be left out, or one of several
#: words, the first of which is printed.
_PARTS = re.compile(r"\{(?P<slot>\w+)\}|\[(?P<optional>[^]]+)\]|(?P<words>[^\s{}\[\]:]+|:)")


@dataclass(frozen=True, slots=True)
class Answer:
    """The people who meet a condition, and the people who do not.

    A person for whom the condition is unknown is in neither. For example, it is unknown who is in a
    list that was deleted, and "not in the list" is unknown too (decision 0024).
    """

    met: Q
    unmet: Q


def known(condition: Q) -> Answer:
    """Return the answer of a condition that is true or false for each person, never NULL."""
    return Answer(condition, ~condition)


@dataclass(slots=True)
class Asking:
    """The context of one evaluation of a segment: the time, and the types of attributes.

    Attributes:
        now: the database's wall clock.
    """

    now: datetime = field(default_factory=shared.wall)
    _types: Mapping[str, ValueType] | None = None

    @property
    def today(self) -> date:
        """The day in the installation's time zone."""
        return self.now.astimezone(get_default_timezone()).date()

    def type_of(self, attribute: str) -> ValueType:
        """Return the type of an attribute."""
        if self._types is None:
            self._types = typed_attributes()
        return self._types.get(attribute, ValueType())


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a phrase: a slot, or several words, one of which must be written there.

    Attributes:
        slot: the name of the slot, "" for words.
        words: the words in small letters, the first is the one that is printed.
        is_optional: whether it may be left out; such a word is not printed.
    """

    slot: str = ""
    words: tuple[str, ...] = ()
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way of asking a kind of condition.

    Attributes:
        text: the phrase in the where-language, such as "written to in [the] last {days} days|day".
        fixed: what the phrase says without a slot: {"is": "less_than"}.
        label: the label of the comparison in the form, translated lazily.
        is_synonym: only read, never printed or offered.
    """

    text: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    label: Any = ""
    is_synonym: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the phrase, in order."""
        return tuple(
            Part(
                slot=found["slot"] or "",
                words=tuple((found["words"] or found["optional"] or "").split("|")),
                is_optional=found["optional"] is not None,
            )
            for found in _PARTS.finditer(self.text)
        )

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the phrase's slots."""
        return tuple(part.slot for part in self.parts if part.slot)


#: Returns the answer of a condition in its normal form.
Answering: TypeAlias = Callable[[Mapping[str, Any], Asking], Answer]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of condition.

    Attributes:
        name: its name in the JSON.
        label: its label in the form, translated lazily.
        phrases: the ways of asking it.
        answer: returns the answer of a condition in its normal form.
        usual: the "is" of a condition that has none; "" if it must have one, or never has.
        refers_to: the key of the ids in the condition, see `contacts.segments.references`.
    """

    name: str
    label: Any
    phrases: tuple[Phrase, ...]
    answer: Answering
    usual: str = ""
    refers_to: str = ""


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Register a kind of condition; one of the same name is replaced."""
    _kinds[kind.name] = kind


def kinds() -> list[Kind]:
    """Return the registered kinds, in order of registration."""
    return list(_kinds.values())


def kind_named(name: object) -> Kind | None:
    """Return the kind of this name, None if there is none."""
    return _kinds.get(name) if isinstance(name, str) else None


def known_kinds() -> list[str]:
    """Return the names of the registered kinds."""
    return sorted(_kinds)


def phrase_of(kind: Kind, node: Mapping[str, Any]) -> Phrase | None:
    """Return the phrase that a condition's fixed keys choose; None if there is none."""
    for phrase in kind.phrases:
        if not phrase.is_synonym and all(
            node.get(key, kind.usual if key == "is" else None) == value
            for key, value in phrase.fixed.items()
        ):
            return phrase
    return None
