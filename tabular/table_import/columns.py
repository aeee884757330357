"""A column that a small table may have, and functions that read its cells."""

from __future__ import annotations

import math
import operator
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from foundation.characters import UNSTORABLE
from foundation.names import clean_name
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from tabular.header import plain_title
from tabular.numbers import CellProblem, whole_number

#: Reads the text of a cell as a value, or raises CellProblem.
Reader = Callable[[str], Any]
_YES = {"1", "true", "yes", "y", "on", "是", "对", "真"}
_NO = {"", "0", "false", "no", "n", "off", "否", "错", "假"}


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column that an import reads.

    Attributes:
        field: the field of the resource.
        read: reads a cell.
        attribute: the attribute of the row that the value is set to; empty: `field`.
        title: the title in an export; empty: `field`.
        titles: further titles, in the spelling of `plain_title`.
        is_key: whether the column identifies the row, so that a file must have it.
        is_number: whether its cells are numbers, so that its title marks the header.
        is_needed: whether a new row needs a value.
        are_same: whether two texts of a cell say the same.
    """

    field: str
    read: Reader
    attribute: str = ""
    title: str = ""
    titles: tuple[str, ...] = ()
    is_key: bool = False
    is_needed: bool = False
    is_number: bool = False
    are_same: Callable[[str, str], bool] = operator.eq

    @property
    def target(self) -> str:
        """The attribute of the row that the value is set to."""
        return self.attribute or self.field

    @property
    def heading(self) -> str:
        """The title in an export."""
        return self.title or self.field

    @property
    def all_titles(self) -> set[str]:
        """Every title of the column, in the spelling of `plain_title`."""
        return {plain_title(self.heading), *self.titles}


def name(cell: str) -> str:
    """Return a name as it is stored (`foundation.names`)."""
    try:
        return clean_name(cell)
    except Refusal as refusal:
        raise CellProblem(refusal.sentence) from None


def text(*, longest: int | None = None, is_needed: bool = False) -> Reader:
    """Return a reader of texts, which are kept as they are.

    Args:
        longest: the most characters.
        is_needed: whether a blank cell is refused.
    """

    def read(cell: str) -> str:
        if found := UNSTORABLE.search(cell):
            raise CellProblem(
                _("contains %(code)s, which cannot be stored") % {"code": f"U+{ord(found[0]):04X}"}
            )
        if is_needed and not cell.strip():
            raise CellProblem(_("blank"))
        if longest is not None and len(cell) > longest:
            raise CellProblem(
                _("too long: %(length)d characters, at most %(most)d")
                % {"length": len(cell), "most": longest}
            )
        return cell

    return read


def number(*, least: int, most: int, is_optional: bool = False) -> Reader:
    """Return a reader of whole numbers; a blank cell is None if `is_optional`."""

    def read(cell: str) -> int | None:
        if is_optional and not cell.strip():
            return None
        return whole_number(cell, least=least, most=most)

    return read


def decimal(*, least: float, most: float) -> Reader:
    """Return a reader of numbers with decimals, written with a point or a comma."""

    def read(cell: str) -> float:
        plain = unicodedata.normalize("NFKC", cell[:100]).strip().lstrip("'").replace(",", ".")
        try:
            value = float(plain)
        except ValueError:
            raise CellProblem(
                _("not a number: %(cell)s") % {"cell": cell.strip()[:40]} if plain else _("blank")
            ) from None
        if not math.isfinite(value) or not least <= value <= most:
            raise CellProblem(
                _("out of range (%(least)g to %(most)g)") % {"least": least, "most": most}
            )
        return value

    return read


def yes_or_no(cell: str) -> bool:
    """Return whether a cell says yes; a blank one says no."""
    plain = unicodedata.normalize("NFKC", cell[:100]).strip().casefold()
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    raise CellProblem(_("neither yes nor no: %(cell)s") % {"cell": cell.strip()[:40]})


def choice(choices: Iterable[tuple[Any, Any]], *, blank: Any = None) -> Reader:
    """Return a reader of choices, written as the stored value or as a label.

    Args:
        choices: (value, label) of each.
        blank: the value of a blank cell; None: a blank cell is refused.
    """
    known = list(choices)

    def read(cell: str) -> Any:
        plain = unicodedata.normalize("NFKC", cell[:200]).strip().casefold()
        if not plain and blank is not None:
            return blank
        for value, label in known:
            # Labels are lazy: they are compared in the language of the operator.
            if plain in (str(value).casefold(), str(label).casefold()):
                return value
        shown = ", ".join(str(value) for value, _label in known)
        if not plain:
            raise CellProblem(_("blank; write one of: %(choices)s") % {"choices": shown})
        raise CellProblem(
            _("unknown: %(cell)s; write one of: %(choices)s")
            % {"cell": cell.strip()[:40], "choices": shown}
        )

    return read
