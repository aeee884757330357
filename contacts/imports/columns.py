"""The meanings of a file's columns: guessed from their titles, corrected and remembered."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.imports.fields import ATTRIBUTE, LEFT_OUT, NAME, UIN
from contacts.models import RememberedMapping
from contacts.people.attributes import names_to_store
from contacts.resources import EXPORTED, NAME_COLUMN, UIN_COLUMN
from foundation.refusals import Refusal
from foundation.uins import UIN_MAX, UIN_MIN
from tabular import CellProblem, Row, is_qq_mail, plain_title, unescape_formula, whole_number

UIN_TITLES, NAME_TITLES = UIN_COLUMN.titles, NAME_COLUMN.titles
#: Titles of a column of mail addresses: QQ's own hold the UIN.
MAIL_TITLES = (
    *("qq邮箱", "qq邮件", "邮箱", "电子邮箱", "电子邮件", "邮箱地址", "邮件", "邮件地址"),
    *("qq郵箱", "郵箱", "電子郵箱", "電子郵件", "email", "mail", "qqmail", "emailaddress"),
)
#: Titles of the two columns that are added to a file of rejected rows. The corrected file may keep
#: them.
LINE_TITLES = ("line", "行号", "行")
REASON_TITLES = ("reason", "原因", "理由")
_NTH = re.compile(r"(.+)#([0-9]{1,3})", re.DOTALL)


def guess_mapping(columns: Sequence[str], *, sample: Sequence[Row] = ()) -> list[str]:
    """Return the meaning of each column, guessed from its title or, without titles, its cells.

    Args:
        columns: the titles; "1", "2", ... if the file has no header.
        sample: the first rows, to find the column of UINs if no title names it.

    Returns:
        For each column "uin", "name", "attribute:<title>" or "".
    """
    plain = [plain_title(title) for title in columns]
    uin = _first(plain, UIN_TITLES)
    is_untitled = all(title == str(n) for n, title in enumerate(columns, 1))
    if uin is None and is_untitled:
        uin = _column_of(_is_uin, len(columns), sample)
    if uin is None:
        uin = _column_of(is_qq_mail, len(columns), sample)
    name = _first(plain, NAME_TITLES)
    left_out = _left_out(columns, plain)
    mapping = []
    for number, title in enumerate(columns):
        if number == uin:
            mapping.append(UIN)
        elif number == name:
            mapping.append(NAME)
        elif number in left_out:
            mapping.append(LEFT_OUT)
        else:
            mapping.append(ATTRIBUTE + unescape_formula(title))
    return mapping


def _left_out(columns: Sequence[str], plain: Sequence[str]) -> set[int]:
    """Return the columns to leave out: without a title, or added by our own files."""
    found = {number for number, title in enumerate(columns) if not title}
    if len(plain) > 2 and plain[-2] in LINE_TITLES and plain[-1] in REASON_TITLES:
        found |= {len(plain) - 2, len(plain) - 1}
    if tuple(columns[: len(EXPORTED)]) == EXPORTED:
        found.add(EXPORTED.index("created_at"))
    return found


def _first(plain: Sequence[str], titles: Sequence[str]) -> int | None:
    return next((plain.index(title) for title in titles if title in plain), None)


def _column_of(test: Callable[[str], bool], width: int, sample: Sequence[Row]) -> int | None:
    for column in range(width):
        cells = [cells[column] for _l, cells, _p in sample if column < len(cells) and cells[column]]
        if cells and sum(map(test, cells)) > len(cells) / 2:
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
    """Return the mapping with an operator's choices, each column=field or field=column.

    Args:
        mapping: the mapping so far.
        columns: the titles.
        choices: title -> "uin", "name", an attribute's name, or "" to leave the column out. If
            the key is not a title but the value is, the two are swapped. title#2 is the second
            column of that title.

    Raises:
        Refusal: the file has no such title.
    """
    chosen = list(mapping)
    for key, value in choices.items():
        column, field = _place(key, columns), value
        if column is None:
            column, field = _place(value, columns), key
        if column is None:
            raise Refusal(
                _("There is no column %(column)s. The file has: %(columns)s.")
                % {"column": key, "columns": joined_titles(columns)},
                code="no_such_column",
            )
        field = field.removeprefix(ATTRIBUTE)
        if field in (UIN, NAME):  # only one column can have this meaning
            chosen = [
                ATTRIBUTE + columns[n] if old == field else old for n, old in enumerate(chosen)
            ]
            chosen[column] = field
        else:
            chosen[column] = ATTRIBUTE + field if field else LEFT_OUT
    return chosen


def _place(title: str, columns: Sequence[str]) -> int | None:
    """Return the column of a title; title#2 is the second column of that title."""
    if title in columns:
        return columns.index(title)
    nth = _NTH.fullmatch(title)
    places = [n for n, other in enumerate(columns) if nth and other == nth[1]]
    return places[int(nth[2]) - 1] if nth and 0 < int(nth[2]) <= len(places) else None


def check_mapping(mapping: Sequence[str], columns: Sequence[str]) -> None:
    """Refuse a mapping that cannot be loaded.

    Raises:
        Refusal: no column is the UIN, or two columns have the same meaning.
    """
    if UIN not in mapping:
        raise Refusal(
            _(
                "No column holds the UIN. The columns found are: %(columns)s. Name one of them "
                "uin (or qq, QQ号, 号码), or choose one: --mapping COLUMN=uin."
            )
            % {"columns": joined_titles(columns)},
            code="no_uin_column",
            columns=list(columns),
        )
    if len(mapping) != len(columns):
        raise Refusal(_("The mapping does not fit the columns of the file."), code="mapping")
    taken: dict[str, int] = {}
    for number, field in enumerate(mapping):
        if field and field in taken:
            raise Refusal(_twice(taken[field], number, field, columns), code="mapped_twice")
        taken[field] = number


def _twice(first: int, second: int, field: str, columns: Sequence[str]) -> str:
    """Return the sentence that names two columns with the same meaning, and what to do."""
    one, other = columns[first], columns[second]
    if one != other:
        return _(
            "The columns %(one)s and %(other)s are both mapped to %(field)s. "
            "Leave one of them out, or give it another name."
        ) % {"one": one, "other": other, "field": field.removeprefix(ATTRIBUTE)}
    return _(
        "Columns %(first)d and %(second)d are both titled %(title)s. Leave one of them out, or "
        "give it another name; on the command line: --mapping %(title)s#%(nth)d=NAME."
    ) % {
        "first": first + 1,
        "second": second + 1,
        "title": one,
        "nth": list(columns[: second + 1]).count(one),
    }


def joined_titles(columns: Sequence[str]) -> str:
    """Return the first twenty titles, separated by commas, for a sentence."""
    shown = ", ".join(title or "-" for title in columns[:20])
    return shown + (", ..." if len(columns) > 20 else "")


def attribute_names(mapping: Sequence[str]) -> list[str]:
    """Return the names of the attributes in a mapping."""
    return [f.removeprefix(ATTRIBUTE) for f in mapping if f.startswith(ATTRIBUTE)]


def with_stored_names(mapping: Sequence[str], *, is_guess: bool = False) -> list[str]:
    """Return the mapping with the names under which its attributes are stored.

    Args:
        mapping: the mapping.
        is_guess: leave out a column whose title is not a valid name, in place of refusing it.

    Raises:
        Refusal: the name of an attribute cannot be one.
    """
    stored = iter(names_to_store(attribute_names(mapping), is_guess=is_guess))
    found = []
    for field in mapping:
        if field.startswith(ATTRIBUTE):
            name = next(stored)
            field = ATTRIBUTE + name if name else LEFT_OUT
        found.append(field)
    return found


def _digest(columns: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(columns)).encode()).hexdigest()


def remembered_mapping(*, columns: Sequence[str], by: Any = None) -> list[str] | None:
    """Return this operator's last mapping of the same header, None if there is none."""
    remembered = RememberedMapping.objects.filter(operator=by, header=_digest(columns)).first()
    if remembered is None or len(remembered.mapping) != len(columns):
        return None
    return list(remembered.mapping)


def remember_mapping(*, columns: Sequence[str], mapping: Sequence[str], by: Any = None) -> None:
    """Store this operator's mapping of a header, for the next file that has it."""
    header, now = _digest(columns), timezone.now()
    known = RememberedMapping.objects.filter(operator=by, header=header)
    if not known.update(mapping=list(mapping), used_at=now):
        RememberedMapping.objects.bulk_create(
            [RememberedMapping(operator=by, header=header, mapping=list(mapping), used_at=now)],
            ignore_conflicts=True,
        )
