"""The differences of two texts, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

#: Texts with more lines are shown as replaced: comparing them costs the square of their number.
MOST_LINES = 2_000

SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True, slots=True)
class DifferentLine:
    """A line of one or both texts.

    Attributes:
        kind: `same`, `gone` (only in the earlier text) or `new` (only in the later one).
        text: the line.
    """

    kind: str
    text: str

    @property
    def mark(self) -> str:
        """The mark of the kind, as in a patch."""
        return {SAME: " ", GONE: "-", NEW: "+"}[self.kind]


def differences(before: str, after: str) -> list[DifferentLine]:
    """Return the lines of both texts in order; each stayed, was added or was removed."""
    old, new = _lines(before), _lines(after)
    if len(old) + len(new) > MOST_LINES:
        return [*(DifferentLine(GONE, line) for line in old), *(_new(line) for line in new)]
    found: list[DifferentLine] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for what, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if what == "equal":
            found += [DifferentLine(SAME, line) for line in old[old_from:old_to]]
            continue
        found += [DifferentLine(GONE, line) for line in old[old_from:old_to]]
        found += [_new(line) for line in new[new_from:new_to]]
    return found


def _new(line: str) -> DifferentLine:
    return DifferentLine(NEW, line)


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []
