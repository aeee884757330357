"""Reading a row of cells as an account's values, or rejecting it, without showing its password."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.columns import COLUMNS
from qqhttp import password_digest
from tabular import CellProblem, FirstLines, Row, RowProblem
from tabular.table_import.columns import TableColumn

_UIN, *_OTHERS = COLUMNS
CREDENTIAL = "credential"
#: The columns that an import may change in an existing account.
FIELDS = (
    "name",
    CREDENTIAL,
    "egress",
    "presence",
    "min_interval",
    "per_minute",
    "per_hour",
    "per_day",
)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """The values of an account in a row.

    Attributes:
        uin: the account's UIN.
        values: column of the account -> its value in the row; the credential is a digest.
        source: the row without its password, for the rejects file.
    """

    uin: int
    values: dict[str, Any]
    source: Row


class AccountRowReader:
    """Reads rows as values of accounts, and rejects a UIN that occurred before in the file.

    Args:
        columns: the titles.
        fields: field -> its column.
    """

    def __init__(self, *, columns: Sequence[str], fields: Mapping[str, int]) -> None:
        self._columns = columns
        self._fields = fields
        self._seen = FirstLines()

    def read(self, line: int, cells: list[str], problem: str = "") -> AccountRow:
        """Return the values in a row.

        Args:
            line: the row's line in the file, for "duplicate of line n".
            cells: the cells.
            problem: the reason why the file's reader rejects the row, "" if it does not.

        Raises:
            RowProblem: the row is rejected.
        """
        if problem:
            raise RowProblem("", problem)
        if any(cell.strip() for cell in cells[len(self._columns) :]):
            # Most often because of a comma in a password without quotes.
            raise RowProblem("", _("too many columns (a comma in a password needs quotes)"))
        width = len(self._columns)
        cells = cells[:width] + [""] * (width - len(cells))
        uin = self._cell(cells, _UIN)
        values: dict[str, Any] = {}
        password = cells[self._fields["password"]] if "password" in self._fields else ""
        if password.strip():
            values[CREDENTIAL] = password_digest(password)
            cells[self._fields["password"]] = ""
        for column in _OTHERS:
            if column.field in self._fields and cells[self._fields[column.field]].strip():
                values[column.target] = self._cell(cells, column)
        first = self._seen.note(uin, line)
        if first:
            title = self._columns[self._fields["uin"]]
            raise RowProblem(title, _("duplicate of line %(line)d") % {"line": first})
        return AccountRow(uin, values, (line, cells, ""))

    def _cell(self, cells: list[str], column: TableColumn) -> Any:
        number = self._fields[column.field]
        try:
            return column.read(unicodedata.normalize("NFC", cells[number]).strip())
        except CellProblem as problem:
            raise RowProblem(self._columns[number], str(problem)) from None
