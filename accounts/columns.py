"""The columns of accounts in files, and how their cells are read: for imports and exports alike."""

from __future__ import annotations

import math
import unicodedata

from django.utils.translation import gettext as _

from accounts.models import Account, Egress
from accounts.states import PresenceStatus
from foundation.refusals import Refusal
from foundation.uins import UIN_MAX, UIN_MIN
from tabular import CellProblem, qq_number, whole_number
from tabular.table_import.columns import TableColumn

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


def read_uin(cell: str) -> int:
    """Return the UIN in a cell.

    Raises:
        CellProblem: there is none. Its reason quotes the cell only if it looks like a number.
    """
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


#: The columns, in the order of the importer's documentation; the titles, the most likely first.
#: A password has no column here: only the importer of accounts reads one.
COLUMNS: tuple[TableColumn, ...] = (
    TableColumn(
        "uin",
        read_uin,
        is_key=True,
        is_needed=True,
        is_number=True,
        titles=(
            *("uin", "qq", "qq号", "qq号码", "号码", "账号", "帐号", "account", "number"),
            *("qq號", "qq號碼", "號碼", "帳號"),
        ),
    ),
    TableColumn(
        "name",
        _name,
        titles=("name", "名称", "姓名", "名字", "昵称", "备注", "名稱", "暱稱", "備註"),
    ),
    TableColumn("min_interval", _interval, titles=("mininterval", "间隔", "最小间隔", "interval")),
    TableColumn("per_minute", _limit, titles=("perminute", "每分钟")),
    TableColumn("per_hour", _limit, titles=("perhour", "每小时")),
    TableColumn("per_day", _limit, titles=("perday", "每天", "每日")),
    TableColumn("egress", _egress, titles=("egress", "出口")),
    TableColumn("status", _presence, attribute="presence", titles=("status", "状态", "presence")),
)
