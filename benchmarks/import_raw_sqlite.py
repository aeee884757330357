"""The baseline for imports on SQLite: the same rows, loaded with the fewest SQL statements.

As `benchmarks.import_raw`: the good rows only, staged and written in one transaction, under the
settings of the embedded database.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

_SETTINGS = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;
PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;
"""
_PEOPLE = """
    INSERT INTO contacts_contact AS known (uin, name, attributes, created_at, updated_at)
    SELECT uin, name, attributes, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM raw ORDER BY uin
    ON CONFLICT (uin) DO
"""
# Rows that do not change are not written.
_CHANGE = """
    UPDATE SET name = excluded.name,
        attributes = json_patch(known.attributes, excluded.attributes),
        updated_at = excluded.updated_at
    WHERE known.name <> excluded.name OR known.attributes <> excluded.attributes
"""
_MEMBERS = """
    INSERT INTO contacts_membership (contact_list_id, contact_id, added_at)
    SELECT ?, known.id, CURRENT_TIMESTAMP FROM raw JOIN contacts_contact AS known USING (uin)
    WHERE true ON CONFLICT DO NOTHING
"""


def load(database: Path, copy: Path, *, known: bool) -> tuple[float, float]:
    """Load ready-made rows; return the seconds it took, and the seconds of CPU.

    Args:
        database: the file of the database.
        copy: a file with the rows in the format of PostgreSQL's COPY.
        known: whether the people exist already, in the list "all".
    """
    connection = sqlite3.connect(database, isolation_level=None)
    connection.executescript(_SETTINGS)
    if not known:
        connection.execute(
            "INSERT INTO contacts_contactlist (name, name_key, description, created_at) "
            "VALUES ('all', 'all', '', CURRENT_TIMESTAMP)"
        )
    (list_id,) = connection.execute("SELECT id FROM contacts_contactlist").fetchone()
    started, processor = time.perf_counter(), time.process_time()
    connection.execute("CREATE TEMPORARY TABLE raw (uin integer, name text, attributes text)")
    connection.execute("BEGIN IMMEDIATE")
    with copy.open(encoding="utf-8") as file:
        rows = (line[:-1].split("\t") for line in file)
        connection.executemany("INSERT INTO raw VALUES (?, ?, ?)", rows)
    connection.execute(_PEOPLE + (_CHANGE if known else "NOTHING"))
    connection.execute(_MEMBERS, [list_id])
    connection.execute("COMMIT")
    taken = time.perf_counter() - started, time.process_time() - processor
    connection.close()
    return taken
