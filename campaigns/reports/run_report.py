"""The report of a run: one row per delivery, streamed as CSV, JSON or XLSX.

CSV and JSON are for programs: UTF-8 without a byte order mark, exact texts, no prefix in a cell.
XLSX is for people: the same values in typed cells, so that a spreadsheet never takes a text for a
formula, and Chinese is shown correctly when the file is opened with a double-click.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO, TextIO

from django.utils.translation import gettext as _

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.reports.removed import refuse_removed
from foundation.refusals import Refusal
from foundation.time_sql import UtcIso
from foundation.times import utc_iso
from sending.models import Delivery, Reply
from tabular.writing import escape_formula
from tabular.xlsx_escapes import NOT_IN_XML
from texts.rendering import TextProblem, compile_text

COLUMNS = (
    "uin",
    "account",
    "state",
    "reason",
    "attempts",
    "last_res",
    "seq",
    "sent_at",
    "text",
    "variant",
    "replied_at",
    "run",
)
#: Rows read from the database at a time.
CHUNK = 2_000
#: Rows of a sheet including the header; further rows go into the next sheet.
SHEET_ROWS = 1_048_576
#: A spreadsheet's limit of characters in a cell.
CELL_CHARACTERS = 32_767

#: Made once: `json.dumps` makes one for each call.
_ENCODER = json.JSONEncoder(ensure_ascii=False)
#: What follows the last reply.
NO_REPLY: tuple[float, datetime | None] = (math.inf, None)
Row = tuple[Any, ...]


def write_report(
    *, run: CampaignRun, format: str, out: BinaryIO, defuses_formulas: bool = False
) -> int:
    """Write a run's report and return the number of deliveries in it.

    Args:
        run: the run.
        format: csv, json (one array, one row per line) or xlsx.
        out: a binary output; it need not be readable. Its errors are passed on.
        defuses_formulas: whether cells of the CSV that a spreadsheet would run as a formula get an
            apostrophe in front. A program that reads the file wants them as they are.

    Raises:
        Refusal: the format is unknown (`format_unknown`), or the deliveries were removed
            (`removed`).
    """
    if format not in WRITERS:
        raise Refusal(
            _("There is no format “%(format)s”: choose %(known)s.")
            % {"format": format, "known": ", ".join(WRITERS)},
            code="format_unknown",
        )
    refuse_removed(run)
    rows = _rows(run)
    if defuses_formulas and format == "csv":
        rows = _defused(rows)
    return WRITERS[format](rows, out)


def _rows(run: CampaignRun) -> Iterator[Row]:
    texts = list(run.texts.all())
    constants = {0: _constant(run.text), **{one.number: _constant(one.text) for one in texts}}
    variants = {one.number: one.variant for one in texts}
    # A join and a look-up for each row took most of the time of a report to a million people.
    accounts = dict(Account.objects.order_by().values_list("pk", "uin"))
    columns = (
        "pk",
        "uin",
        "account",
        "state",
        "reason",
        "attempt_count",
        "last_res",
        "seq",
        # The driver takes five times as long to read a time as all other columns together.
        UtcIso("sent_at"),
        "text",
        "text_number",
    )
    rows = Delivery.objects.filter(run=run).order_by("pk").values_list(*columns)
    replies = _first_replies(run)
    replied, replied_at = next(replies, NO_REPLY)
    number_of_run = run.number
    # Columns by name: a starred list would be made for each row.
    for (
        pk, uin, account, state, reason, attempts, last_res, seq, sent_at, text, number
    ) in rows.iterator(chunk_size=CHUNK):  # fmt: skip
        while replied < pk:  # of a delivery that was removed meanwhile
            replied, replied_at = next(replies, NO_REPLY)
        yield (
            uin,
            accounts.get(account),
            state,
            reason,
            attempts,
            last_res,
            seq,
            sent_at,
            constants.get(number, "") if text is None else text,
            variants.get(number, ""),
            utc_iso(replied_at) if replied == pk else None,
            number_of_run,
        )


def _defused(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield the rows with an apostrophe before what a spreadsheet would run as a formula.

    Only the gateway's code, the text and the name of its variant are somebody else's words.
    """
    for row in rows:
        res, seq, sent_at, text, variant = map(escape_formula, row[5:10])
        yield (*row[:5], res, seq, sent_at, text, variant, *row[10:])


def _first_replies(run: CampaignRun) -> Iterator[tuple[float, datetime | None]]:
    """Yield the deliveries with a reply, in their order, with the time of the first one."""
    rows = Reply.objects.filter(run=run).order_by("delivery", "at").values_list("delivery", "at")
    latest = 0
    for delivery, at in rows.iterator(chunk_size=CHUNK):
        if delivery != latest:
            latest = delivery
            yield delivery, at


def _constant(text: str) -> str:
    """Return a text of the run if it is the same for everyone, else an empty text."""
    try:
        return text if compile_text(text).is_constant else ""
    except TextProblem:
        return ""


def _write_csv(rows: Iterator[Row], out: BinaryIO) -> int:
    # csv.writer quotes a text with a character of the line end; CR LF (RFC 4180) covers both.
    written = 0
    with _text_layer(out) as text:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        while some := list(islice(rows, CHUNK)):
            writer.writerows(some)
            written += len(some)
    return written


def _write_json(rows: Iterator[Row], out: BinaryIO) -> int:
    written = 0
    with _text_layer(out) as text:
        text.write("[")
        for written, row in enumerate(rows, start=1):
            text.write("\n" if written == 1 else ",\n")
            text.write(_ENCODER.encode(dict(zip(COLUMNS, row, strict=True))))
        text.write("\n]\n")
    return written


def _write_xlsx(rows: Iterator[Row], out: BinaryIO) -> int:
    from openpyxl import Workbook  # a tenth of the time in which a command starts

    book = Workbook(write_only=True)
    sheet, written = None, 0
    for row in rows:
        if sheet is None or written % (SHEET_ROWS - 1) == 0:
            sheet = book.create_sheet(_("Report") if sheet is None else None)
            sheet.append(COLUMNS)
        sheet.append([_cell(sheet, value) for value in row])
        written += 1
    if sheet is None:
        book.create_sheet(_("Report")).append(COLUMNS)
    book.save(out)
    return written


def _cell(sheet: Any, value: Any) -> Any:
    """Return a value that a sheet can hold; a text stays a text even if it begins with =."""
    if not isinstance(value, str) or (value[:1] != "=" and not NOT_IN_XML.search(value)):
        return value
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=NOT_IN_XML.sub("\ufffd", value)[:CELL_CHARACTERS])
    cell.data_type = "s"
    return cell


@contextmanager
def _text_layer(out: BinaryIO) -> Iterator[TextIO]:
    """Yield a UTF-8 text layer over `out` that keeps line ends and does not close `out`."""
    layer = io.TextIOWrapper(out, encoding="utf-8", newline="")
    try:
        yield layer
    finally:
        layer.detach()  # flushes first


WRITERS: dict[str, Callable[[Iterator[Row], BinaryIO], int]] = {
    "csv": _write_csv,
    "json": _write_json,
    "xlsx": _write_xlsx,
}
