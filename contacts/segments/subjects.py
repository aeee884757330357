"""What a comparison is about: the value of an attribute or the person's name, as each type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from contacts.people.attribute_sql import (
    attribute_date,
    attribute_number,
    attribute_text,
    attribute_yes,
)
from contacts.segments import text_sql
from contacts.segments.text_readings import DateInText, NumberInText
from contacts.typed_values.types import AttributeType, ValueType

#: What an attribute without a type says for yes and for no, in small letters.
YES_WORDS = ("是", "yes", "y", "true", "t", "1", "√", "✓", "✔", "真")
NO_WORDS = ("否", "不是", "no", "n", "false", "f", "0", "×", "✗", "✘", "假")


@dataclass(frozen=True, slots=True)
class Subject:
    """The value that a comparison is about.

    Attributes:
        name: the attribute's name.
        type: the type of the attribute; of one that has none, and of a name, the kind is "".
        text: the value as a text, NULL without one.
    """

    name: str
    type: ValueType
    text: Any

    @property
    def number(self) -> Any:
        """The value as a number; NULL if it is not a number."""
        if self.type.kind == AttributeType.NUMBER:
            return attribute_number(self.name)
        return NumberInText(self.text)

    @property
    def date(self) -> Any:
        """The value as a day; NULL if it is not a date."""
        if self.type.kind == AttributeType.DATE:
            return attribute_date(self.name)
        return DateInText(self.text)

    def yes(self, wanted: bool) -> Any:
        """Return the condition that the value is yes, or no; NULL or false if it is neither."""
        if self.type.kind == AttributeType.YES_NO:
            return Q(text_sql.equals(attribute_yes(self.name), wanted))
        words = YES_WORDS if wanted else NO_WORDS
        return Q(text_sql.OneOf(text_sql.Small(text_sql.or_blank(self.text)), words))


def attribute_subject(name: str, value_type: ValueType) -> Subject:
    """Return the value of an attribute."""
    return Subject(name, value_type, attribute_text(name))


def name_subject() -> Subject:
    """Return the person's name."""
    return Subject("name", ValueType(), text_sql.person_name())
