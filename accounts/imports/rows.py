"""Reading a row of cells as an account's values, or rejecting it, without showing its password."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Account, Egress
from accounts.models.account import UIN_MAX, UIN_MIN
from accounts.states import PresenceStatus
from foundation.refusals import Refusal
from qqhttp import password_digest
from tabular import CellProblem, FirstLines, Row, RowProblem, qq_number, whole_number

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
#: Accepted spellings of the status.
_PRESENCES = {
    "online": PresenceStatus.ONLINE,
    "在线": PresenceStatus.ONLINE,
    "10": PresenceStatus.ONLINE,
    "busy": PresenceStatus.BUSY,
    "away": PresenceStatus.BUSY,
    "忙碌": PresenceStatus.BUSY,
    "离开": PresenceStatus.BUSY,
    "30": PresenceStatus.BUSY,
    "invisible": PresenceStatus.INVISIBLE,
    "隐身": PresenceStatus.INVISIBLE,
    "40": PresenceStatus.INVISIBLE,
}
#: The longest minimum gap, seconds: a day.
LONGEST_INTERVAL = 86_400.0
#: The largest limit that the database's integer column holds.
LARGEST_LIMIT = 2_147_483_647


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
        uin = self._cell(cells, "uin", _uin)
        values: dict[str, Any] = {}
        password = cells[self._fields["password"]] if "password" in self._fields else ""
        if password.strip():
            values[CREDENTIAL] = password_digest(password)
            cells[self._fields["password"]] = ""
        for field, (key, parse) in _PARSERS.items():
            if field in self._fields and cells[self._fields[field]].strip():
                values[key] = self._cell(cells, field, parse)
        first = self._seen.note(uin, line)
        if first:
            column = self._columns[self._fields["uin"]]
            raise RowProblem(column, _("duplicate of line %(line)d") % {"line": first})
        return AccountRow(uin, values, (line, cells, ""))

    def _cell(self, cells: list[str], field: str, parse: Callable[[str], Any]) -> Any:
        number = self._fields[field]
        try:
            return parse(unicodedata.normalize("NFC", cells[number]).strip())
        except CellProblem as problem:
            raise RowProblem(self._columns[number], str(problem)) from None


def _uin(cell: str) -> int:
    try:
        return qq_number(cell, least=UIN_MIN, most=UIN_MAX)
    except CellProblem:
        if is_number_like(cell):
            raise
        raise CellProblem(_("not a number")) from None


def is_number_like(cell: str) -> bool:
    """Return whether a cell looks like a mistyped UIN, and so may be shown.

    Any other cell may be a password: swapped columns or an extra comma put passwords where UINs are
    expected.
    """
    return not unicodedata.normalize("NFKC", cell).strip("0123456789+-.,eE' \t")


def _limit(cell: str) -> int:
    # The reason does not quote the cell: in a row with an extra comma it may be part of a password.
    try:
        return whole_number(cell, least=1, most=LARGEST_LIMIT)
    except CellProblem:
        raise CellProblem(_("not a whole number above zero")) from None


def _interval(cell: str) -> float:
    try:
        seconds = float(unicodedata.normalize("NFKC", cell).replace(",", "."))
    except ValueError:
        raise CellProblem(_("not a number of seconds")) from None
    if not math.isfinite(seconds) or not 0 <= seconds <= LONGEST_INTERVAL:
        raise CellProblem(_("out of range (0 to %(most)d seconds)") % {"most": LONGEST_INTERVAL})
    return seconds


def _name(cell: str) -> str:
    return _cleaned(cell, Account)


def _egress(cell: str) -> str:
    return _cleaned(cell, Egress)


def _cleaned(cell: str, model: type[Account | Egress]) -> str:
    try:
        return str(model._meta.get_field("name").cleaned(cell))
    except Refusal as refusal:
        if refusal.code == "name_too_long":
            raise CellProblem(
                _("too long: %(length)d characters, at most %(most)d") % refusal.details
            ) from None
        # Without the full stop, like every reason of a cell.
        raise CellProblem(refusal.sentence.rstrip(".。")) from None


def _presence(cell: str) -> int:
    presence = _PRESENCES.get(unicodedata.normalize("NFKC", cell).casefold())
    if presence is None:
        raise CellProblem(_("not a status: write online, busy or invisible"))
    return int(presence)


#: Field -> (the account's column, the function that reads a cell).
_PARSERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "name": ("name", _name),
    "min_interval": ("min_interval", _interval),
    "per_minute": ("per_minute", _limit),
    "per_hour": ("per_hour", _limit),
    "per_day": ("per_day", _limit),
    "egress": ("egress", _egress),
    "status": ("presence", _presence),
}
