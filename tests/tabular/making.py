"""Makes workbooks for the tests of readers, and measures the readers' memory."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORKBOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    f'<Relationship Id="r3" Type="{OFFICE}/externalLink" Target="http://127.0.0.1:1/x.xlsx"'
    ' TargetMode="External"/>'
    "</Relationships>"
)
#: Inspects the files of a folder, and prints each name and the peak memory so far, in MB.
_PROGRAM = """
import sys, django; django.setup()
from pathlib import Path
from tabular import FileProblem, inspect_table
# Not ru_maxrss, which begins with the memory of the process that started this one.
peak = lambda: int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024
before = peak()
for path in sorted(Path(sys.argv[1]).iterdir()):
    try: inspect_table(path)
    except FileProblem: pass
    print(path.name, peak() - before)
"""


def workbook(sheet: bytes, strings: bytes = b"<sst/>", styles: bytes = b"") -> bytes:
    """Return an XLSX file around a sheet's XML."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", WORKBOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        archive.writestr("xl/sharedStrings.xml", strings)
        if styles:
            archive.writestr("xl/styles.xml", styles)
    return out.getvalue()


def sheet_of(rows: bytes) -> bytes:
    """Return a sheet's XML around rows."""
    return f'<worksheet xmlns="{MAIN}"><sheetData>'.encode() + rows + b"</sheetData></worksheet>"


def save_workbook(folder: Path, rows: list[list[object]], **sheets: list[list[object]]) -> Path:
    """Save an XLSX file with openpyxl; return its path."""
    book = openpyxl.Workbook()
    book.worksheets[0].title = "first"
    for row in rows:
        book.worksheets[0].append(row)
    for name, others in sheets.items():
        sheet = book.create_sheet(name)
        for row in others:
            sheet.append(row)
    path = folder / "people.xlsx"
    book.save(path)
    return path


def memory_to_inspect(folder: Path) -> tuple[int, str]:
    """Inspect all files of a folder in a new process.

    Returns:
        The memory that the process needed in addition, in MB, and a line for each file with the
        amount up to then.
    """
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(folder)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return int(done.stdout.split()[-1]), done.stdout
