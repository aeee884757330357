"""The baseline for imports: the same rows, loaded with the fewest SQL statements.

The raw load gets only the good rows, in COPY's own format, and writes them in one transaction. An
import that has to read and check a file cannot be faster.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psycopg

_STAGE = "CREATE TEMPORARY TABLE raw (uin bigint, name text, attributes jsonb) ON COMMIT DROP"
_PEOPLE = """
    INSERT INTO contacts_contact AS known (uin, name, attributes, created_at, updated_at)
    SELECT uin, name, attributes, now(), now() FROM raw ORDER BY uin
    ON CONFLICT (uin) DO
"""
# Rows that do not change are not written.
_CHANGE = """
    UPDATE SET name = excluded.name, attributes = known.attributes || excluded.attributes,
        updated_at = excluded.updated_at
    WHERE known.name <> excluded.name OR NOT known.attributes @> excluded.attributes
"""
_MEMBERS = """
    INSERT INTO contacts_membership (contact_list_id, contact_id, added_at)
    SELECT %s, known.id, now() FROM raw JOIN contacts_contact AS known USING (uin)
    ON CONFLICT DO NOTHING
"""
# What no import of a CSV can leave out, whoever writes it: cells, the UIN as a number, JSON.
_READ_CSV = """
import csv, json, sys, time
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
started = time.process_time()
with open(sys.argv[1], encoding=sys.argv[2], newline="") as file:
    rows = csv.reader(file)
    titles = next(rows)[2:]
    for uin, name, *values in rows:
        uin.isdigit() and int(uin)
        encode(dict(zip(titles, values)))
print(time.process_time() - started)
"""
_READ_XLSX = """
import sys, time
from python_calamine import CalamineWorkbook
started = time.perf_counter()
sheet = CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0)
for _row in sheet.iter_rows(): pass
print(time.perf_counter() - started)
"""


def load(url: str, copy: Path, *, known: bool) -> float:
    """Load ready-made rows by COPY and INSERT ... SELECT; return the seconds it took.

    Args:
        url: of the database.
        copy: a file with the rows in COPY's own format.
        known: whether the people exist already, in the list "all".
    """
    with psycopg.connect(url) as connection:
        cursor = connection.cursor()
        if not known:
            cursor.execute(
                "INSERT INTO contacts_contactlist (name, name_key, description, created_at) "
                "VALUES ('all', 'all', '', now())"
            )
        cursor.execute("SELECT id FROM contacts_contactlist WHERE name = 'all'")
        (list_id,) = cursor.fetchone() or (0,)
        connection.commit()
        started = time.perf_counter()
        cursor.execute(_STAGE)
        with (
            copy.open("rb") as file,
            cursor.copy("COPY raw (uin, name, attributes) FROM STDIN") as stream,
        ):
            while block := file.read(1 << 20):
                stream.write(block)
        if known:
            cursor.execute(_PEOPLE + _CHANGE)
        else:
            cursor.execute(_PEOPLE + "NOTHING")
        cursor.execute(_MEMBERS, [list_id])
        connection.commit()
        return time.perf_counter() - started


def read_xlsx(path: Path) -> float:
    """Read every cell with calamine in a separate process; return the seconds it took."""
    answer = subprocess.check_output([sys.executable, "-c", _READ_XLSX, str(path)], text=True)
    return float(answer)


def read_csv(path: Path, encoding: str) -> float:
    """Read every row of a CSV as a number and JSON in a separate process; return its CPU seconds.

    No row is checked, and no duplicate is looked for.
    """
    command = [sys.executable, "-c", _READ_CSV, str(path), encoding]
    return float(subprocess.check_output(command, text=True))
