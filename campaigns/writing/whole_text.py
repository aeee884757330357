"""Texts with their snippets put in."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from campaigns.models import Snippet
from foundation.queries import chunks
from texts.snippets import WholeText, put_in


def whole_text(text: str, *, given: Mapping[str, str] | None = None) -> WholeText:
    """Return a text with its snippets put in, archived ones too.

    Args:
        text: the text as an operator wrote it.
        given: texts of snippets by `name_key`, in place of those in the database.

    Raises:
        TextProblem: a snippet does not exist (`unknown_snippet`), contains itself
            (`snippet_circle`), or the text becomes too long (`too_long`).
    """
    if "snippets" not in text:
        return WholeText(text, text, ((0, 0, ""),))
    return put_in(text, read=lambda keys: {**snippet_texts(keys), **_of(given or {}, keys)})


def snippet_texts(keys: Collection[str]) -> dict[str, str]:
    """Return the texts of snippets by `name_key`, without those that do not exist."""
    found: dict[str, str] = {}
    for chunk in chunks(sorted(keys)):
        rows = Snippet.objects.filter(name_key__in=chunk)
        found.update(rows.values_list("name_key", "text"))
    return found


def _of(given: Mapping[str, str], keys: Collection[str]) -> dict[str, str]:
    return {key: text for key, text in given.items() if key in keys}
