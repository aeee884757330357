"""Measures imports of a million rows against a raw COPY and INSERT ... SELECT of the same rows.

    python -m benchmarks.imports [--rows 1000000] [--only csv-utf-8,xlsx] [--json FILE]

Every measurement has its own database and its own process, and is timed from the start of
`manage.py` to its end. The peak memory is the sum of the peaks of that process and of the one that
reads the file beside it. The raw load (benchmarks/import_raw.py) runs just before and is
timed from its first statement. A tenth of the rows is bad, a tenth is duplicates; a row has a UIN,
a name and six attributes (benchmarks/import_files.py).

The raw load gets its rows ready-made: nothing reads, checks or encodes them. So each file has two
ratios: to the raw load alone, and to the raw load plus a bare reading of the same file, which is
the least work that an import of it needs. A workbook is read by calamine and compared by time; a
CSV by `csv.reader`, with each UIN as a number and the attributes as JSON, and compared by CPU.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from benchmarks import import_raw, import_raw_sqlite
from benchmarks.environments import ROOT, database_url, running_postgresql
from benchmarks.import_files import write_copy, write_csv, write_xlsx
from benchmarks.processes import children_of, postgresql_cpu_seconds, whole_cpu_seconds

KINDS = (
    "csv-utf-8", "csv-gb18030", "xlsx", "again", "changed",
    "sqlite", "sqlite-again", "sqlite-changed",
)  # fmt: skip
TITLES = {
    "csv-utf-8": "CSV, UTF-8",
    "csv-gb18030": "CSV, GB18030",
    "xlsx": "XLSX",
    "again": "CSV of people who are known, nothing new",
    "changed": "CSV of people who are known, each changed",
    "sqlite": "CSV, SQLite",
    "sqlite-again": "CSV of people who are known, nothing new, SQLite",
    "sqlite-changed": "CSV of people who are known, each changed, SQLite",
}


@dataclass
class Figure:
    """One measurement and its raw load.

    Attributes:
        name: what was imported.
        rows: the number of rows in the file.
        seconds: of the import, the start of its process included.
        rows_per_second: rows of the file per second.
        peak_mb: peak memory of the process and of the one that reads for it.
        cpu: seconds of CPU of the process and the database.
        raw_seconds, raw_cpu: of the raw load.
        raw_reading: seconds of a bare reading of the file, of a CSV those of CPU.
        good: the number of people that were loaded.
    """

    name: str
    rows: int
    seconds: float
    rows_per_second: float
    peak_mb: float
    cpu: float
    raw_seconds: float
    raw_cpu: float
    raw_reading: float
    good: int = 0

    @property
    def ratio(self) -> float:
        """The import's seconds divided by those of the raw load."""
        return self.seconds / self.raw_seconds

    @property
    def ratio_of_cpu(self) -> float:
        """The same of the CPU that both take: a busy machine changes it less."""
        return self.cpu / self.raw_cpu

    @property
    def ratio_with_reading(self) -> float:
        """The same with a bare reading of the file: by time of a workbook, by CPU of a CSV."""
        if self.name == "xlsx":
            return self.seconds / (self.raw_reading + self.raw_seconds)
        return self.cpu / (self.raw_reading + self.raw_cpu)


@dataclass(frozen=True)
class Done:
    """What a command answered as JSON, its seconds, its peak memory in MB, and its CPU seconds."""

    answer: dict[str, object]
    seconds: float
    peak_mb: float
    cpu: float


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server, or use BENCH_POSTGRESQL_URL; yield its URL."""
    if os.environ.get("BENCH_POSTGRESQL_URL"):
        yield os.environ["BENCH_POSTGRESQL_URL"]
        return
    with running_postgresql(folder) as url:
        os.environ["BENCH_POSTMASTER"] = (folder / "postmaster.pid").read_text().split()[0]
        yield url


class Bench:
    """Makes the measurements, each on a fresh database."""

    def __init__(self, url: str, folder: Path, count: int) -> None:
        self._url = url
        self._folder = folder
        self._count = count
        self._home = folder / "home"
        self._execute("CREATE DATABASE bench_base")
        self._manage(database_url(url, "bench_base"), "migrate", "-v0", "--skip-checks")
        self._has_known = False

    def measure(self, kind: str) -> Figure:
        """Measure one of KINDS and its raw load."""
        path = self._folder / ("people.xlsx" if kind == "xlsx" else "people.csv")
        if kind == "xlsx":
            write_xlsx(path, self._count)
        else:
            encoding = "gb18030" if kind == "csv-gb18030" else "utf-8"
            write_csv(path, self._count, encoding, changed=kind.endswith("changed"))
        copy = self._folder / "good.copy"
        good = write_copy(copy, self._count, changed=kind.endswith("changed"))
        try:
            if kind.startswith("sqlite"):
                return self._on_sqlite(kind, path, copy, good)
            return self._beside_raw(kind, path, copy, good)
        finally:
            path.unlink()
            copy.unlink()

    def _beside_raw(self, kind: str, path: Path, copy: Path, good: int) -> Figure:
        known = kind in ("again", "changed")
        base = self._known() if known else "bench_base"
        with self._database(base) as url:
            before = whole_cpu_seconds()
            seconds = import_raw.load(url, copy, known=known)
            time.sleep(0.5)  # until the server has counted its process that ended
            raw = seconds, whole_cpu_seconds() - before
        reading = _bare_reading(kind, path)
        with self._database(base) as url:
            done = self._import(url, path)
        return self._figure(kind, done, good, raw, reading)

    def _on_sqlite(self, kind: str, path: Path, copy: Path, good: int) -> Figure:
        known = kind != "sqlite"
        with self._sqlite(known=known) as database:
            raw = import_raw_sqlite.load(database, copy, known=known)
        with self._sqlite(known=known) as database:
            done = self._import(f"sqlite:///{database}", path)
        return self._figure(kind, done, good, raw, _bare_reading(kind, path))

    def _figure(
        self,
        kind: str,
        done: Done,
        good: int,
        raw: tuple[float, float],
        reading: float,
    ) -> Figure:
        loaded = sum(int(str(done.answer[word])) for word in ("created", "updated", "unchanged"))
        if loaded != good or kind.endswith("changed") != bool(done.answer["updated"]):
            raise SystemExit(f"{kind}: {good} people expected, {done.answer} loaded")
        speed = self._count / done.seconds
        return Figure(
            kind, self._count, done.seconds, speed, done.peak_mb, done.cpu, *raw, reading, loaded
        )

    @contextlib.contextmanager
    def _sqlite(self, *, known: bool) -> Iterator[Path]:
        """Make a database, in which all people exist if they are known; yield its file."""
        database = self._folder / "bench.sqlite3"
        base = self._folder / ("known.sqlite3" if known else "base.sqlite3")
        if not base.exists():
            self._manage(f"sqlite:///{base}", "migrate", "-v0", "--skip-checks")
            if known:
                path = self._folder / "known.csv"
                write_csv(path, self._count, "utf-8")
                self._import(f"sqlite:///{base}", path)
                path.unlink()
        shutil.copy(base, database)
        os.sync()
        try:
            yield database
        finally:
            for file in self._folder.glob("bench.sqlite3*"):
                file.unlink()

    def _known(self) -> str:
        """Return the name of a database in which all people exist."""
        if not self._has_known:
            self._execute("CREATE DATABASE bench_known TEMPLATE bench_base")
            path = self._folder / "known.csv"
            write_csv(path, self._count, "utf-8")
            url = database_url(self._url, "bench_known")
            self._import(url, path)
            path.unlink()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")  # as autovacuum does in time
            self._has_known = True
        return "bench_known"

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement)

    @contextlib.contextmanager
    def _database(self, base: str) -> Iterator[str]:
        self._execute(f"CREATE DATABASE bench TEMPLATE {base} STRATEGY FILE_COPY")
        self._execute("CHECKPOINT")
        try:
            yield database_url(self._url, "bench")
        finally:
            self._execute("DROP DATABASE bench WITH (FORCE)")

    def _import(self, url: str, path: Path) -> Done:
        return self._manage(url, "import_contacts", str(path), "--list", "all", "--json")

    def _manage(self, url: str, *arguments: str) -> Done:
        """Run manage.py; return its JSON answer and what it took."""
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "QQCAMPAIGN_HOME": str(self._home),
        }
        before, started = postgresql_cpu_seconds(), time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        with _watched(process.pid) as peaks:
            output = process.stdout.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        if process.returncode:
            raise SystemExit(f"manage.py {arguments[0]} failed: {output.decode()}")
        answer = json.loads(output) if "--json" in arguments else {}
        cpu = usage.ru_utime + usage.ru_stime + postgresql_cpu_seconds() - before
        return Done(answer, seconds, sum(peaks.values()) / 1024, cpu)


@contextlib.contextmanager
def _watched(pid: int) -> Iterator[dict[int, int]]:
    """Yield the peak memory in kB of a process and of its children, by their ids, while it runs."""
    peaks: dict[int, int] = {}
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(0.02):
            with contextlib.suppress(OSError, StopIteration):
                for one in (pid, *children_of(pid)):
                    lines = Path(f"/proc/{one}/status").read_text().splitlines()
                    peak = next(line for line in lines if line.startswith("VmHWM:"))
                    peaks[one] = int(peak.split()[1])

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        is_over.set()
        thread.join()


def _bare_reading(kind: str, path: Path) -> float:
    if kind == "xlsx":
        return import_raw.read_xlsx(path)
    return import_raw.read_csv(path, "gb18030" if kind == "csv-gb18030" else "utf-8")


def measure(count: int, only: set[str]) -> list[Figure]:
    """Make the measurements in `only`, or all; return the figures."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="qqbench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with server(folder / "pg") as url:
            bench = Bench(url, folder, count)
            for kind in KINDS:
                if not only or kind in only:
                    figures.append(bench.measure(kind))
                    print(line(figures[-1]), flush=True)
    return figures


def line(figure: Figure) -> str:
    """Return a figure as a row of the table."""
    return (
        f"| {TITLES[figure.name]} | {figure.seconds:.1f} s | {figure.rows_per_second:,.0f} rows/s "
        f"| {figure.raw_seconds:.1f} s | {figure.ratio:.2f} | {figure.ratio_of_cpu:.2f} "
        f"| {figure.ratio_with_reading:.2f} "
        f"| {figure.peak_mb:.0f} MB | {figure.good:,} |"
    )


def main() -> None:
    """Measure and print the table; write the figures as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(
        "| what | time | speed | raw | raw = 1 | CPU | raw + reading = 1 | peak memory | people |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    figures = measure(options.rows, {kind for kind in options.only.split(",") if kind})
    if options.json:
        found = [
            asdict(one)
            | {
                "title": TITLES[one.name],
                "ratio": one.ratio,
                "ratio_of_cpu": one.ratio_of_cpu,
                "with_reading": one.ratio_with_reading,
            }
            for one in figures
        ]
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
