"""The runs of a period as a file: one row for each run, as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from django.utils import timezone

from campaigns.reports.period import PeriodReport
from sending.states import DeliveryState
from tabular import CsvWriter, XlsxWriter

FORMATS = ("csv", "xlsx")
COLUMNS = (
    "campaign",
    "run",
    "labels",
    "state",
    "planned_at",
    "targeted",
    *(state.value for state in DeliveryState),
    "replied",
    "reply_rate",
    "opted_out",
)


def write_period(*, report: PeriodReport, format: str, out: BinaryIO) -> int:
    """Write the runs of a period below a heading; return how many.

    Args:
        report: the report.
        format: one of FORMATS.
        out: the file.
    """
    if format == "xlsx":
        book = XlsxWriter(out)
        book.write([COLUMNS])
        written = book.write(_rows(report))
        book.close()
        return written
    text = CsvWriter(out)
    text.write([COLUMNS])
    return text.write(_rows(report))


def _rows(report: PeriodReport) -> Iterator[list[Any]]:
    for run, figures in report.runs:
        at = run.planned_at
        yield [
            run.campaign.name,
            run.number,
            ", ".join(label.name for label in run.campaign.labels.all()),
            run.state,
            timezone.localtime(at, report.zone).strftime("%Y-%m-%d %H:%M") if at else "",
            *(value for key, value in figures.as_data().items() if key in COLUMNS),
        ]
