"""Parse whole numbers and QQ numbers as spreadsheets and people write them."""

from __future__ import annotations

import re
import unicodedata

from foundation.sentences import Sentence as _

_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
#: 12,345,678 and 12345681.00, with or without a plus.
_WRITTEN = re.compile(r"\+?(\d+|\d{1,3}(?:,\d{3})+)(?:\.0*)?", re.ASCII)
#: ="0012", which programs write so that a spreadsheet does not take a text for a number.
_TEXT_FORMULA = re.compile(r'="([^"]*)"')
_LABELLED = re.compile(r"(?:qq|uin)(?:号码?|[账帐]号|number|no\.?|id)?[:#=-]?(\d+)", re.IGNORECASE)
_MAIL = re.compile(r"(\d{5,10})@qq\.com", re.IGNORECASE | re.ASCII)
#: Blanks, and invisible characters such as direction marks.
_NOISE = re.compile(r"[\s\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]+")
#: Longer texts are not given to int(), whose time grows with the square of the length.
_LONGEST = 30


class CellProblem(ValueError):
    """The value of a cell is invalid for its column.

    Args:
        reason: what is wrong with it, for the operator; without a full stop.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def whole_number(cell: str, *, least: int, most: int) -> int:
    """Return the whole number in a cell.

    Accepts full-width digits, blanks, an apostrophe or a plus in front, commas between thousands, a
    trailing ".0", and ="..." around the number.

    Args:
        cell: the cell's text.
        least: the smallest number allowed.
        most: the largest number allowed.

    Raises:
        CellProblem: it is not a number from `least` to `most`.
    """
    # The common case first, because imports of a million rows call this for each.
    if cell.isascii() and cell.isdigit() and len(cell) < _LONGEST:
        return _in_range(int(cell), least, most)
    text = strip_text_formula(_bare(cell))
    if not text:
        raise CellProblem(_("blank"))
    if any(unicodedata.category(character) == "No" for character in cell[:1000]):
        # 10001² with the mark of a footnote: normalized, the mark would become a digit.
        raise CellProblem(_("not a number: %(cell)s") % {"cell": cell.strip()[:40]})
    if _SCIENTIFIC.fullmatch(text):
        raise CellProblem(
            _("scientific notation (%(cell)s): the digits are gone, format the column as text")
            % {"cell": text[:40]}
        )
    written = _WRITTEN.fullmatch(text)
    digits = written[1].replace(",", "") if written else text
    if not (digits.isascii() and digits.isdigit()):
        if digits[:1] == "-" and digits[1:].isascii() and digits[1:].isdigit():
            raise CellProblem(_out_of_range(least, most))
        raise CellProblem(_("not a number: %(cell)s") % {"cell": text[:40]})
    if len(digits) >= _LONGEST:
        raise CellProblem(_out_of_range(least, most))
    return _in_range(int(digits), least, most)


def qq_number(cell: str, *, least: int, most: int) -> int:
    """Return the QQ number in a cell: a `whole_number`, "QQ:123456" or "123456@qq.com".

    Args and errors are those of `whole_number`.
    """
    try:
        return whole_number(cell, least=least, most=most)
    except CellProblem:
        text = strip_text_formula(_bare(cell))
        labelled = _LABELLED.fullmatch(text) or _MAIL.fullmatch(text)
        if labelled is None:
            raise
    return whole_number(labelled[1], least=least, most=most)


def is_qq_mail(cell: str) -> bool:
    """Return whether a cell is the mail address of a QQ number: 123456@qq.com."""
    return "@" in unicodedata.normalize("NFKC", cell[:100]) and bool(_MAIL.fullmatch(_bare(cell)))


def strip_text_formula(text: str) -> str:
    """Return the text inside ="...", and any other text unchanged."""
    formula = _TEXT_FORMULA.fullmatch(text)
    return formula[1] if formula else text


def _bare(cell: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", cell[:1000])).lstrip("'`\u2019")


def _in_range(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise CellProblem(_out_of_range(least, most))
    return number


def _out_of_range(least: int, most: int) -> str:
    return _("out of range (%(least)d to %(most)d)") % {"least": least, "most": most}
