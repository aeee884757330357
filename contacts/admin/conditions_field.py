"""The form field of a segment's conditions, compared and shown in words."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from contacts.segments.where import parse_where
from contacts.segments.where_text import where_text
from foundation.refusals import Refusal


class ConditionsField(forms.CharField):
    """Conditions as the JSON of the rows, or as where-text.

    The form that notices edits of someone else compares them in words and shows the words: the
    same conditions may be written in several ways, and JSON is not for people.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, strip=False, **kwargs)

    def to_python(self, value: Any) -> str:
        """Return the text of the field; stored conditions in the shape that the field has."""
        if isinstance(value, str):
            return value
        if self.widget.is_hidden:
            return json.dumps(value or {}, ensure_ascii=False)
        return _in_words(value or {})

    def prepare_value(self, value: Any) -> str:
        """Return the conditions in words; where-text stays as it was typed."""
        is_typed = isinstance(value, str) and not isinstance(loaded(value), dict)
        return str(value) if is_typed else _in_words(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether other people may meet them."""
        return _in_words(initial) != _in_words(data)


def loaded(text: str) -> Any:
    """Return JSON, None if it is none."""
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None


def _in_words(value: Any) -> str:
    """Return where-text in its usual spelling; what is not understood stays as it is."""
    if isinstance(value, str):
        tree = loaded(value)
        if not isinstance(tree, dict):
            try:
                tree = parse_where(value)
            except Refusal:
                return value.strip()
        value = tree
    words = where_text(value) if value else ""
    return json.dumps(value, ensure_ascii=False) if words is None else words
