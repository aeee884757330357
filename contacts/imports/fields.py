"""What a column of a file can mean."""

from __future__ import annotations

from collections.abc import Sequence

from foundation.names import name_key
from foundation.sentences import Sentence

#: The meanings of columns. That of an attribute is followed by its name.
UIN, NAME, LEFT_OUT = "uin", "name", ""
ATTRIBUTE = "attribute:"


def title_notes(columns: Sequence[str], mapping: Sequence[str]) -> list[str]:
    """Return the notes about columns that go into an attribute whose name looks alike."""
    notes: list[str] = []
    for title, field in zip(columns, mapping, strict=False):
        name = field.removeprefix(ATTRIBUTE)
        is_alike = field.startswith(ATTRIBUTE) and title != name
        if is_alike and name_key(title) == name_key(name):
            notes.append(
                Sentence("The column %(title)s goes into the attribute %(name)s.")
                % {"title": title, "name": name}
            )
    return notes
