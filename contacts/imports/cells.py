"""The value of a cell that a spreadsheet has marked."""

from __future__ import annotations

from tabular import strip_text_formula, unescape_formula

#: First characters of a cell whose text is not its value: escaped by our exports ('), written as a
#: formula (=), or an error (#).
MARKS = "'=#"
#: The errors of spreadsheets, which are no values.
_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)


def meant(value: str) -> str:
    """Return the value of a cell without the marks that spreadsheets need.

    Our own exports put an apostrophe before text that a spreadsheet would run as a formula. Other
    programs write ="..." around text that it would read as a number. An error is an empty value.
    """
    if value in _ERRORS or (len(value) > 4 and not value.strip("#")):
        return ""
    return unescape_formula(strip_text_formula(value))
