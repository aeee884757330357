"""What a comparison is about: the value of an attribute or the person's name, as each type."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
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


class ValueType(StrEnum):
    """What the values of an attribute are; an attribute without a type has NONE."""

    NONE = ""
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"


#: What an attribute without a type says for yes and for no, in small letters.
YES_WORDS = ("yes", "y", "true", "1", "是", "√")
NO_WORDS = ("no", "n", "false", "0", "否", "×")


@dataclass(frozen=True, slots=True)
class Subject:
    """The value that a comparison is about.

    Attributes:
        name: the attribute's name.
        type: the type of the attribute.
        text: the value as a text, NULL without one.
    """

    name: str
    type: str
    text: Any

    @property
    def number(self) -> Any:
        """The value as a number; NULL if it is none."""
        if self.type == ValueType.NUMBER:
            return attribute_number(self.name)
        return NumberInText(self.text)

    @property
    def date(self) -> Any:
        """The value as a day; NULL if it is none."""
        return attribute_date(self.name) if self.type == ValueType.DATE else DateInText(self.text)

    def yes(self, wanted: bool) -> Any:
        """Return the condition that the value is yes, or no; NULL or false if it is neither."""
        if self.type == ValueType.YES_NO:
            return Q(text_sql.equals(attribute_yes(self.name), wanted))
        words = YES_WORDS if wanted else NO_WORDS
        return Q(text_sql.OneOf(text_sql.Small(text_sql.or_blank(self.text)), words))


def attribute_subject(name: str, type_: str) -> Subject:
    """Return the value of an attribute."""
    return Subject(name, type_, attribute_text(name))


def name_subject() -> Subject:
    """Return the person's name."""
    return Subject("name", ValueType.TEXT, text_sql.person_name())
