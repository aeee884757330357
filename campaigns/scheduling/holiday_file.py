"""Read the dates of a holiday calendar from a table, and store them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction

from campaigns.models import Holiday, HolidayCalendar, HolidayKind
from foundation.names import clean_name
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from tabular import FileProblem, open_table, plain_title, titled_columns
from tabular.changing_files import refuse_changed, state_of

#: The most dates in a file; no calendar has as many.
MOST_DATES = 20_000
_TITLES = {
    "date": ("date", "day", "日期", "时间"),
    "kind": ("kind", "type", "类型", "种类"),
    "name": ("name", "holiday", "名称", "节日", "说明"),
}
_KINDS = {
    HolidayKind.HOLIDAY: (
        "holiday",
        "off",
        "closed",
        "休",
        "假",
        "假期",
        "放假",
        "节假日",
        "休息日",
    ),
    HolidayKind.WORKDAY: ("workday", "work", "班", "上班", "补班", "调休", "工作日", "调休上班"),
}
_DATE = re.compile(
    r"([12][0-9]{3})[-/.年]?([0-9]{1,2})[-/.月]?([0-9]{1,2})日?(?:[ T]00:00(?::00)?)?"
)
_COMPACT = re.compile(r"[0-9]{8}")


def import_holidays(
    *, path: Path, name: str, file_name: str = "", by: Any = None
) -> tuple[HolidayCalendar, int]:
    """Add the dates of a file to a calendar, which is created if there is none of that name.

    A date that the calendar has already gets the kind and name of the file; other dates stay.

    Args:
        path: the file: a column `date`, and columns `kind` (holiday or workday) and `name` if
            wanted. Without a kind, a date is a holiday.
        name: the calendar.
        file_name: what the operator calls the file; stored as the source.
        by: the operator.

    Returns:
        the calendar, and how many dates the file has.

    Raises:
        Refusal: a row cannot be read (`date_malformed`, `kind_unknown`), the file is not a
            table, or it was changed while it was read; nothing was changed.
    """
    name = clean_name(name)
    before = state_of(path)
    try:
        found = _read(path, file_name or path.name)
    except FileProblem as problem:
        raise Refusal(problem.sentence, code=problem.code) from None
    refuse_changed(path, since=before)
    with transaction.atomic():
        calendar = HolidayCalendar.objects.named(name)
        if calendar is None:
            calendar = HolidayCalendar(name=name)
        calendar.source = (file_name or path.name)[:255]
        _save(calendar, by=by, reason=f"{len(found)} dates imported")
        Holiday.objects.bulk_create(
            (
                Holiday(calendar=calendar, date=day, kind=kind, name=words)
                for day, (kind, words) in sorted(found.items())
            ),
            update_conflicts=True,
            update_fields=["kind", "name"],
            unique_fields=["calendar", "date"],
        )
    return calendar, len(found)


def _save(calendar: Any, *, by: Any, reason: str) -> None:
    """Save a calendar, and the reason in its history."""
    if by is not None:
        calendar._history_user = by
    calendar._change_reason = reason
    calendar.save()


def _read(path: Path, file_name: str) -> dict[date, tuple[str, str]]:
    columns: dict[str, int] | None = None
    found: dict[date, tuple[str, str]] = {}
    for line, cells, problem in open_table(path, name=file_name).rows():
        if problem:
            raise _refused(_("Line %(line)d: %(problem)s"), "row", line, problem=problem)
        if columns is None:
            columns = _columns(cells)
            if columns is not None:
                continue
            columns = {"date": 0, "kind": 1, "name": 2}
        day, kind, words = (_cell(cells, columns.get(what)) for what in ("date", "kind", "name"))
        if not day and not kind and not words:
            continue
        found[_date(day, line)] = _kind(kind, line), words[:128]
        if len(found) > MOST_DATES:
            raise Refusal(
                _("The file has more than %(n)d dates, so it is not a calendar.")
                % {"n": MOST_DATES},
                code="too_many_dates",
            )
    if not found:
        raise Refusal(
            _("The file has no date: it needs a column “date” with dates like 2026-10-01."),
            code="no_dates",
        )
    return found


def _columns(cells: Sequence[str]) -> dict[str, int] | None:
    """Return the column of each part, found by its title; None if the row is not a header."""
    columns = titled_columns(cells, _TITLES)
    return columns if columns is not None and "date" in columns else None


def _cell(cells: Sequence[str], column: int | None) -> str:
    if column is None or column >= len(cells):
        return ""
    return " ".join(cells[column].replace("\0", "").split())


def _date(text: str, line: int) -> date:
    found = _DATE.fullmatch(text)
    is_split = found is not None and (_COMPACT.fullmatch(text) or not text.isdigit())
    if found is not None and is_split:
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            pass
    raise _refused(
        _("Line %(line)d: “%(text)s” is not a date. Write it like 2026-10-01."),
        "date_malformed",
        line,
        text=text[:50],
    )


def _kind(text: str, line: int) -> str:
    plain = plain_title(text)
    if not plain:
        return HolidayKind.HOLIDAY
    for kind, words in _KINDS.items():
        if plain in words:
            return kind
    raise _refused(
        _("Line %(line)d: “%(text)s” is not a kind of date. Write holiday or workday."),
        "kind_unknown",
        line,
        text=text[:50],
    )


def _refused(sentence: Any, code: str, line: int, **words: str) -> Refusal:
    return Refusal(sentence % {"line": line, **words}, code=code, line=line)
