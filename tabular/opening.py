"""Open any file as a table; its content decides what it is, not its name."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from foundation.sentences import Sentence as _
from tabular.csv_table import SEPARATOR_HINT, CsvTable
from tabular.decoding import UNDECODABLE, TextBlocks
from tabular.delimiters import detect_delimiter
from tabular.encodings import Encoding, detect_encoding
from tabular.problems import FileProblem, not_a_table
from tabular.tables import Layout, Table
from tabular.xls_table import open_xls
from tabular.xlsx_table import open_xlsx

#: Beginnings of files of other kinds, and their names for the operator.
_OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"RIFF", "RIFF"),
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "RAR"),
    (b"\x7fELF", "ELF"),
    (b"SQLite format 3", "SQLite"),
)
_OLE, _ZIP = b"\xd0\xcf\x11\xe0", (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
#: Beginnings of web pages and XML, which some programs save under the name of a workbook.
_WEB = re.compile(rb"\s*(?:<html|<!doctype\s+html|<table|<head|<body|<meta|mime-version:)", re.I)
_XML = re.compile(rb"\s*<\?xml|\s*<(?:[\w-]+:)?Workbook\b")


def open_table(
    path: Path, *, name: str = "", encoding: str = "", delimiter: str = "", sheet: str = ""
) -> Table:
    """Open a file as a table.

    Args:
        path: the file.
        name: the name that the operator gave it, for sentences.
        encoding: the encoding of a text file; empty: detect it.
        delimiter: the character between the cells of a text file; empty: detect it.
        sheet: the sheet of a workbook; empty: the first one with rows.

    Raises:
        FileProblem: it is not a table, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as problem:
        raise FileProblem(
            _("The file %(name)s cannot be read: %(problem)s.")
            % {"name": name or path, "problem": problem.strerror or problem},
            code="unreadable",
        ) from None
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise FileProblem(_("The file is empty: there is no row in it."), code="empty")
    if head.startswith(_ZIP):
        return open_xlsx(path, sheet=sheet)
    if head.startswith(_OLE):
        return open_xls(path, sheet=sheet)
    for beginning, kind in _OTHER_KINDS:
        if head.startswith(beginning) and _is_binary(head):
            raise not_a_table(kind)
    _refuse_markup(head)
    return _open_text(path, encoding, delimiter)


def preview_encodings(
    path: Path, encodings: Sequence[str], *, lines: int = 5
) -> list[tuple[str, list[str]]]:
    """Decode the first lines that are not ASCII with several encodings, for comparison.

    Args:
        path: a text file.
        encodings: the encodings to try.
        lines: how many lines to return for each; each is cut to 80 characters.

    Returns:
        (encoding, its lines) for each encoding.
    """
    found = []
    for encoding in encodings:
        text = "".join(islice(TextBlocks(path, encoding), 1))[:200_000].replace(
            UNDECODABLE, "\ufffd"
        )
        beyond = [line[:80] for line in text.splitlines() if not line.isascii()]
        found.append((encoding, beyond[:lines]))
    return found


def _open_text(path: Path, encoding: str, delimiter: str) -> CsvTable:
    found = Encoding(_known(encoding)) if encoding else detect_encoding(path)
    encoding = found.name
    sample = "".join(islice(TextBlocks(path, encoding), 1))[:200_000]
    _refuse_binary(sample)
    hint = SEPARATOR_HINT.match(sample)
    if not delimiter:
        delimiter = hint[1] if hint else detect_delimiter(sample)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise FileProblem(
            _("%(delimiter)r cannot separate cells: give one character.")
            % {"delimiter": delimiter},
            code="delimiter",
        )
    layout = Layout("csv", encoding=encoding, delimiter=delimiter, doubts=found.doubts)
    return CsvTable(path, layout)


def _refuse_markup(head: bytes) -> None:
    """Refuse web pages and XML, which some programs save as .xls.

    Raises:
        FileProblem: the file is one of them.
    """
    for bom in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        head = head.removeprefix(bom)
    plain = head.replace(b"\x00", b"")
    if _WEB.match(plain):
        raise FileProblem(
            _(
                "This is a web page, not a table. Open it in the spreadsheet, save it as XLSX, and "
                "try again."
            ),
            code="web_page",
        )
    if _XML.match(plain):
        raise FileProblem(
            _("This is an XML file. Open it in the spreadsheet, save it as XLSX, and try again."),
            code="xml_file",
        )


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)
    except (LookupError, ValueError):
        raise FileProblem(
            _("The encoding %(name)r is unknown. Use utf-8, gb18030 or utf-16.")
            % {"name": encoding},
            code="encoding",
        ) from None
    return "gb18030" if name in ("gbk", "gb2312") else name


def _is_binary(head: bytes) -> bool:
    """Return whether a file has control bytes; a text whose first title is "BM" has none."""
    return any(byte < 9 or 13 < byte < 32 for byte in head)


def _refuse_binary(sample: str) -> None:
    """Refuse a file of which more than 2 % are control or undecodable characters.

    Raises:
        FileProblem: it is such a file.
    """
    strange = sum(1 for char in sample if char < "\t" or "\r" < char < " " or char == UNDECODABLE)
    if strange > 20 and strange > 0.02 * len(sample):
        raise not_a_table(_("some binary file"))
