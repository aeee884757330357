"""Writes the files for the import benchmark: a tenth of the rows is bad, a tenth duplicates."""

from __future__ import annotations

import csv
import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

COLUMNS = ("QQ号", "姓名", "城市", "等级", "生日", "积分", "来源", "备注")
CITIES = ("北京", "上海", "广州", "深圳", "成都", "杭州", "武汉", "西安")
BAD = ("abc", "1.23457E+09", "99", "", "99999999999")


def rows(count: int, *, changed: bool = False) -> Iterator[tuple[list[str], bool]]:
    """Yield (cells, whether the row is good); every call yields the same rows.

    Args:
        count: the number of rows.
        changed: whether each person has one point more, for a second import that changes everyone.
    """
    chance = random.Random(4)
    seen: list[int] = []
    for number in range(count):
        kind = chance.random()
        is_good = kind >= 0.2
        if kind < 0.1:
            uin = chance.choice(BAD)
        elif is_good or not seen:
            is_good = True
            uin = str(1_000_000_000 + number * 3_001 % 3_000_000_000)
            if len(seen) < 100_000:
                seen.append(int(uin))
        else:
            uin = str(chance.choice(seen))
        yield (
            [
                uin,
                f"客户{number}",
                chance.choice(CITIES),
                str(number % 9),
                f"19{70 + number % 30}-0{1 + number % 9}-1{number % 10}",
                str(number * 7 % 100_000 + changed),
                "website",
                f"note {number % 1000}, 备注",
            ],
            is_good,
        )


def write_csv(path: Path, count: int, encoding: str, *, changed: bool = False) -> None:
    """Write the file as a spreadsheet program would save it."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(cells for cells, _is_good in rows(count, changed=changed))


def write_copy(path: Path, count: int, *, changed: bool = False) -> int:
    """Write the good rows in COPY's own format; return how many."""
    good = 0
    with path.open("w", encoding="utf-8") as file:
        for cells, is_good in rows(count, changed=changed):
            if is_good:
                good += 1
                named = zip(COLUMNS[2:], cells[2:], strict=True)
                text = json.dumps(dict(named), ensure_ascii=False, separators=(",", ":"))
                file.write(f"{cells[0]}\t{cells[1]}\t{text}\n")
    return good


def write_xlsx(path: Path, count: int) -> None:
    """Write a workbook with shared strings, as Excel does; openpyxl would take minutes."""
    strings: dict[str, int] = {}

    def cell(reference: str, value: str) -> str:
        if value.isascii() and value.isdigit() and value:
            return f'<c r="{reference}"><v>{value}</v></c>'
        number = strings.setdefault(value, len(strings))
        return f'<c r="{reference}" t="s"><v>{number}</v></c>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'<worksheet xmlns="{main}"><sheetData>'.encode())
            lines = [list(COLUMNS)]
            for line, cells in enumerate(_all(lines, count), 1):
                body = "".join(cell("ABCDEFGH"[n] + str(line), v) for n, v in enumerate(cells))
                sheet.write(f'<row r="{line}">{body}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as shared:
            shared.write(f'<sst xmlns="{main}">'.encode())
            for text in strings:
                shared.write(f"<si><t>{text}</t></si>".encode())
            shared.write(b"</sst>")
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}">'
            f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="people" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}">'
            f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>",
        )


def _all(first: list[list[str]], count: int) -> Iterator[list[str]]:
    yield from first
    for cells, _is_good in rows(count):
        yield cells
