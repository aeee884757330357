"""What the columns of a file mean: guessed from their titles, corrected, remembered."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import UIN_MAX, UIN_MIN, RememberedMapping
from foundation.refusals import Refusal
from tabular import CellProblem, Row, whole_number

UIN, NAME, LEFT_OUT = "uin", "name", ""
ATTRIBUTE = "attribute:"

#: Titles, the likeliest first, in the spelling of `_plain`.
UIN_TITLES = (
    "uin", "qq", "qq号", "qq号码", "qqnumber", "qqno", "qqid", "qq账号", "qq帐号", "好友qq",
    "号码", "企鹅号", "账号", "帐号", "number", "号",
)  # fmt: skip
NAME_TITLES = (
    "name", "姓名", "名字", "名称", "fullname", "客户姓名", "昵称", "nickname", "nick", "qq昵称",
    "网名", "称呼", "备注名",
)  # fmt: skip
#: The two columns that a file of rejected rows has on top: the corrected file may keep them.
REJECT_TITLES = ("line", "reason", "行号", "原因", "行", "理由")


def _plain(title: str) -> str:
    text = unicodedata.normalize("NFKC", title).casefold()
    return "".join(char for char in text if char.isalnum())


def guess_mapping(columns: Sequence[str], *, sample: Sequence[Row] = ()) -> list[str]:
    """Return what each column becomes, by its title; without titles, by what is in it.

    Args:
        columns: the titles, "1", "2", ... where the file has no header.
        sample: first rows, to find the UINs of a file without a header.

    Returns:
        For each column "uin", "name", "attribute:<title>" or "".
    """
    plain = [_plain(title) for title in columns]
    uin = _first(plain, UIN_TITLES)
    if uin is None and all(title == str(n) for n, title in enumerate(columns, 1)):
        uin = _column_of_uins(len(columns), sample)
    name = _first(plain, NAME_TITLES)
    mapping = []
    for number, title in enumerate(columns):
        if number == uin:
            mapping.append(UIN)
        elif number == name:
            mapping.append(NAME)
        elif not title or (plain[number] in REJECT_TITLES and number >= len(columns) - 2):
            mapping.append(LEFT_OUT)
        else:
            mapping.append(ATTRIBUTE + title)
    return mapping


def _first(plain: Sequence[str], titles: Sequence[str]) -> int | None:
    return next((plain.index(title) for title in titles if title in plain), None)


def _column_of_uins(width: int, sample: Sequence[Row]) -> int | None:
    for column in range(width):
        cells = [cells[column] for _line, cells, _p in sample if column < len(cells)]
        if cells and sum(map(_is_uin, cells)) > len(cells) / 2:
            return column
    return None


def _is_uin(cell: str) -> bool:
    try:
        whole_number(cell, least=UIN_MIN, most=UIN_MAX)
    except CellProblem:
        return False
    return True


def apply_choices(
    mapping: Sequence[str], columns: Sequence[str], choices: Mapping[str, str]
) -> list[str]:
    """Return the mapping with an operator's choices: column=field, or field=column.

    Args:
        mapping: the mapping so far.
        columns: the titles.
        choices: title -> "uin", "name", an attribute's name, or "" to leave it out. Read the
            other way round where the key is a field and the value a title.

    Raises:
        Refusal: a title that the file does not have.
    """
    chosen = list(mapping)
    for key, value in choices.items():
        title, field = (key, value) if key in columns else (value, key)
        if title not in columns:
            raise Refusal(
                _("There is no column %(column)s. The file has: %(columns)s.")
                % {"column": key, "columns": named(columns)},
                code="no_such_column",
            )
        field = field.removeprefix(ATTRIBUTE)
        if field in (UIN, NAME):  # only one column can be it
            chosen = [
                ATTRIBUTE + columns[n] if old == field else old for n, old in enumerate(chosen)
            ]
            chosen[columns.index(title)] = field
        else:
            chosen[columns.index(title)] = ATTRIBUTE + field if field else LEFT_OUT
    return chosen


def check_mapping(mapping: Sequence[str], columns: Sequence[str]) -> None:
    """Refuse a mapping that cannot be loaded.

    Raises:
        Refusal: there is no UIN, or two columns want to be the same thing.
    """
    if UIN not in mapping:
        raise Refusal(
            _(
                "No column holds the UIN. The columns found are: %(columns)s. Name one of them "
                "uin (or qq, QQ号, 号码), or say which it is: --mapping COLUMN=uin."
            )
            % {"columns": named(columns)},
            code="no_uin_column",
            columns=list(columns),
        )
    if len(mapping) != len(columns):
        raise Refusal(_("The mapping does not fit the columns of the file."), code="mapping")
    taken: dict[str, str] = {}
    for title, field in zip(columns, mapping, strict=True):
        if field and field in taken:
            raise Refusal(
                _(
                    "The columns %(one)s and %(other)s are both meant as %(field)s. "
                    "Leave one of them out, or give it another name."
                )
                % {"one": taken[field], "other": title, "field": field.removeprefix(ATTRIBUTE)},
                code="mapped_twice",
            )
        taken[field] = title


def named(columns: Sequence[str]) -> str:
    """Return the titles for a sentence, the first twenty of them."""
    shown = ", ".join(title or "-" for title in columns[:20])
    return shown + (", ..." if len(columns) > 20 else "")


def attribute_names(mapping: Sequence[str]) -> list[str]:
    """Return the attributes that a mapping fills."""
    return [f.removeprefix(ATTRIBUTE) for f in mapping if f.startswith(ATTRIBUTE)]


def _digest(columns: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(columns)).encode()).hexdigest()


def remembered_mapping(*, columns: Sequence[str], by: Any = None) -> list[str] | None:
    """Return how this operator mapped a file with the same header last, or None."""
    remembered = RememberedMapping.objects.filter(operator=by, header=_digest(columns)).first()
    if remembered is None or len(remembered.mapping) != len(columns):
        return None
    return list(remembered.mapping)


def remember_mapping(*, columns: Sequence[str], mapping: Sequence[str], by: Any = None) -> None:
    """Keep how this operator mapped this header, for the next file."""
    header, now = _digest(columns), timezone.now()
    known = RememberedMapping.objects.filter(operator=by, header=header)
    if not known.update(mapping=list(mapping), used_at=now):
        RememberedMapping.objects.bulk_create(
            [RememberedMapping(operator=by, header=header, mapping=list(mapping), used_at=now)],
            ignore_conflicts=True,
        )
