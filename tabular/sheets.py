"""Which sheet of a workbook is read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from foundation.sentences import Sentence as _
from tabular.problems import FileProblem
from tabular.tables import Layout, Table

SomeTable = TypeVar("SomeTable", bound=Table)


def choose_sheet(
    open_sheet: Callable[[Layout], SomeTable],
    *,
    kind: str,
    names: tuple[str, ...],
    hidden: Collection[str],
    sheet: str,
) -> SomeTable:
    """Return the named sheet as a table, or the first one with a row; hidden sheets come last.

    Args:
        open_sheet: opens the sheet that a layout names.
        kind: the layout's kind, xlsx or xls.
        names: the names of all sheets.
        hidden: the names of those that the spreadsheet program does not show.
        sheet: the name of the sheet to read; empty: choose.

    Raises:
        FileProblem: there is no such sheet, or no sheet has a row.
    """
    if sheet and sheet not in names:
        raise FileProblem(
            _("The workbook has no sheet %(sheet)s.") % {"sheet": sheet}, code="no_sheet"
        )
    unseen = tuple(name for name in names if name in hidden)
    for name in (sheet,) if sheet else sorted(names, key=unseen.__contains__):
        table = open_sheet(Layout(kind, sheet=name, sheets=names, hidden=unseen))
        if sheet or next(table.rows(), None) is not None:
            return table
    raise FileProblem(_("The workbook is empty: no sheet has a row."), code="empty")
