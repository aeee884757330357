"""Exports of a django-import-export resource as CSV and XLSX, streamed, with formulas escaped.

The library's own formats hold every row in memory, and its escaping strips one leading "=" but
leaves + - @ and tabs. Here `tabular.writing` escapes the cells, and a few thousand rows are held.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any

from tabular.writing import FLUSHED_ROWS, CsvText, XlsxWriter

#: Rows read from the database at a time.
CHUNK_ROWS = 2_000


def export_rows(resource: Any, queryset: Any) -> Iterator[list[Any]]:
    """Yield the header and the rows of a resource, read from the database in chunks.

    Args:
        resource: a django-import-export resource.
        queryset: the rows to export.
    """
    fields = resource.get_export_fields()
    yield [resource.get_export_headers(selected_fields=None)[n] for n in range(len(fields))]
    for row in queryset.iterator(chunk_size=CHUNK_ROWS):
        yield list(resource.export_resource(row))


def stream_csv(resource: Any, queryset: Any) -> Iterator[bytes]:
    """Yield a CSV file in UTF-8 with BOM in pieces, for a StreamingHttpResponse."""
    yield codecs.BOM_UTF8
    text = CsvText()
    for number, row in enumerate(export_rows(resource, queryset), 1):
        text.add(row)
        if number % FLUSHED_ROWS == 0:
            yield text.take()
    yield text.take()


def write_xlsx(resource: Any, queryset: Any, out: Any) -> int:
    """Write an XLSX file to the binary file `out`; return the number of rows without the header."""
    writer = XlsxWriter(out)
    count = writer.write(export_rows(resource, queryset))
    writer.close()
    return count - 1
