"""Whole numbers as spreadsheets write them, and what can be wrong with one, as a sentence."""

from __future__ import annotations

import re
import unicodedata

from foundation.sentences import Sentence as _

_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
_WITH_ZEROS = re.compile(r"(\d+)\.0+")
#: Excel's mark for "this is text", thousands and the many kinds of blank.
_NOISE = re.compile(r"[\s\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]+")
#: Digits that no UIN has; int() of a longer text is slow on purpose in Python.
_LONGEST = 30


class CellProblem(ValueError):
    """A cell that is not what its column asks for.

    Args:
        reason: why, for the operator.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def whole_number(cell: str, *, least: int, most: int) -> int:
    """Return the whole number a cell holds.

    Full-width digits, blanks around, an apostrophe in front and a ".0" behind are understood.

    Args:
        cell: the text.
        least: the smallest number allowed.
        most: the largest number allowed.

    Raises:
        CellProblem: it is no number of that range; says why.
    """
    # The common case first: a million rows pass here.
    if cell.isascii() and cell.isdigit() and len(cell) < _LONGEST:
        return _in_range(int(cell), least, most)
    text = _NOISE.sub("", unicodedata.normalize("NFKC", cell[:1000])).lstrip("'`\u2019")
    if not text:
        raise CellProblem(_("blank"))
    if _SCIENTIFIC.fullmatch(text):
        raise CellProblem(
            _("scientific notation (%(cell)s): the digits are gone, format the column as text")
            % {"cell": text[:40]}
        )
    zeros = _WITH_ZEROS.fullmatch(text)
    digits = zeros[1] if zeros else text
    if not (digits.isascii() and digits.isdigit()):
        if digits[:1] == "-" and digits[1:].isascii() and digits[1:].isdigit():
            raise CellProblem(_out_of_range(least, most))
        raise CellProblem(_("not a number: %(cell)s") % {"cell": text[:40]})
    if len(digits) >= _LONGEST:
        raise CellProblem(_out_of_range(least, most))
    return _in_range(int(digits), least, most)


def _in_range(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise CellProblem(_out_of_range(least, most))
    return number


def _out_of_range(least: int, most: int) -> str:
    return _("out of range (%(least)d to %(most)d)") % {"least": least, "most": most}
