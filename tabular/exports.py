"""Formats for django-import-export, and exports as a stream: defused, and right in Excel.

The library's own escaping strips one leading "=" and lets + - @ and tabs through; its datasets
hold every row. Here cells are defused by `tabular.writing`, and a stream holds a few thousand rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import chain
from typing import Any

from import_export.formats.base_formats import CSV, XLSX

from tabular.writing import CsvWriter, XlsxWriter, escape_formula

#: Rows read from the database at a time.
CHUNK_ROWS = 2_000


class SafeCSV(CSV):
    """CSV in UTF-8 with BOM; on the way in whatever encoding it is in."""

    def export_data(self, dataset: Any, **_kwargs: Any) -> bytes:
        """Return the file."""
        out = io.BytesIO()
        CsvWriter(out).write(chain([dataset.headers], dataset))
        return out.getvalue()

    def is_binary(self) -> bool:
        """Bytes: the BOM and the encoding are ours."""
        return True

    def create_dataset(self, in_stream: Any, **kwargs: Any) -> Any:
        """Return what a file holds; UTF-8 with or without BOM, else GB18030."""
        if isinstance(in_stream, bytes):
            try:
                in_stream = in_stream.decode("utf-8-sig")
            except UnicodeDecodeError:
                in_stream = in_stream.decode("gb18030", "replace")
        return super().create_dataset(in_stream, **kwargs)


class SafeXLSX(XLSX):
    """XLSX without a cell that a spreadsheet would run."""

    def export_data(self, dataset: Any, **_kwargs: Any) -> bytes:
        """Return the file."""
        out = io.BytesIO()
        writer = XlsxWriter(out)
        writer.write(chain([dataset.headers], dataset))
        writer.close()
        return out.getvalue()


FORMATS = [SafeCSV, SafeXLSX]


def export_rows(resource: Any, queryset: Any) -> Iterator[list[Any]]:
    """Yield the header and the rows of a resource, a chunk at a time from the database.

    Args:
        resource: a django-import-export resource.
        queryset: what is on the screen, its filters applied.
    """
    fields = resource.get_export_fields()
    yield [resource.get_export_headers(selected_fields=None)[n] for n in range(len(fields))]
    for row in queryset.iterator(chunk_size=CHUNK_ROWS):
        yield list(resource.export_resource(row))


def stream_csv(resource: Any, queryset: Any) -> Iterator[bytes]:
    """Yield a CSV file in pieces, for a StreamingHttpResponse; memory is flat."""
    yield "\ufeff".encode()
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for number, row in enumerate(export_rows(resource, queryset), 1):
        writer.writerow([escape_formula(cell) for cell in row])
        if number % 500 == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def write_xlsx(resource: Any, queryset: Any, out: Any) -> int:
    """Write an XLSX file to a binary file; return its rows. Memory is flat, the disk holds it."""
    writer = XlsxWriter(out)
    count = writer.write(export_rows(resource, queryset))
    writer.close()
    return count - 1


def _taken(buffer: io.StringIO) -> bytes:
    data = buffer.getvalue().encode("utf-8", "replace")
    buffer.seek(0)
    buffer.truncate()
    return data
