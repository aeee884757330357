"""What an operator typed into a form, without secrets and without the form's own fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

#: Fields that are never kept, wherever they occur.
_SECRET = re.compile(r"passw|secret|token|credential", re.IGNORECASE)
#: The most fields that are kept, and the most characters of all of them together.
MOST_FIELDS, MOST_CHARACTERS = 10_000, 1_500_000


def is_secret(name: str) -> bool:
    """Return whether a field's name says that its text must not be kept."""
    return bool(_SECRET.search(name))


def fields_to_keep(data: QueryDict) -> list[tuple[str, str]]:
    """Return the posted fields as (name, text) without secrets; empty if they are too large."""
    kept = [
        (name, text)
        for name, texts in data.lists()
        if not is_secret(name)
        for text in texts
        if isinstance(text, str)
    ]
    if len(kept) > MOST_FIELDS or sum(len(text) for _name, text in kept) > MOST_CHARACTERS:
        return []
    return kept


def typed_text(
    data: QueryDict, *, labels: Mapping[str, Any] | None = None
) -> list[tuple[Any, str]]:
    """Return the texts that an operator typed as (label, text), to show them.

    Args:
        data: the posted fields.
        labels: the label of each field; an empty one leaves the field out.
    """
    shown: list[tuple[Any, str]] = []
    for name, text in fields_to_keep(data):
        label = (labels or {}).get(name, (labels or {}).get(re.sub(r"_\d+$", "", name), name))
        if label and text and not name.startswith("_") and not name.endswith("_FORMS"):
            shown.append((label, text))
    return shown
