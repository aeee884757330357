"""What comes out of a large database: its largest report, and an old run that is removed."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from benchmarks.processes import postgresql_cpu_seconds
from campaigns.models import CampaignRun
from campaigns.reports.run_report import write_report
from operations.pruning.runs import remove_attempts, remove_deliveries
from sending.models import Tally

#: Seconds for which an old run is removed.
REMOVING_SECONDS = 20.0


def reports() -> dict[str, Any]:
    """Write the report of the largest run in each format; return rows a second and memory."""
    largest = Tally.objects.filter(kind="targeted").order_by("-n")[0]
    run = CampaignRun.objects.get(pk=largest.run_id)
    made = {}
    for name in ("csv", "json"):
        before = _peak_mb()
        begin, cpu, database = time.perf_counter(), time.process_time(), postgresql_cpu_seconds()
        with open(os.devnull, "wb") as out:
            rows = write_report(run=run, format=name, out=out)
        seconds = time.perf_counter() - begin
        made[name] = {
            "rows": rows,
            "rows_per_second": round(rows / seconds),
            "cpu_us_per_row": round((time.process_time() - cpu) / rows * 1e6, 1),
            "database_us_per_row": round((postgresql_cpu_seconds() - database) / rows * 1e6, 1),
            "more_mb": round(_peak_mb() - before, 1),
        }
    return made


def removal() -> dict[str, Any]:
    """Remove old attempts and then deliveries for a while; return rows a second and WAL a row."""
    with connection.cursor() as cursor:
        # As if all had ended long ago, the oldest first, and nothing asked for them any more.
        cursor.execute(
            "UPDATE sending_run SET ended_at = now() - interval '2 years' + id * interval '1 hour' "
            "WHERE state = 'finished'"
        )
        # A run with an unknown message stays: the rows and the figures say so.
        for statement in (
            "UPDATE sending_delivery SET state = 'failed' WHERE state = 'unknown'",
            "UPDATE sending_tally SET key = 'failed', shard = -1 "
            "WHERE kind = 'state' AND key = 'unknown'",
        ):
            cursor.execute(
                f"{statement} AND run_id IN (SELECT id FROM sending_run WHERE state = 'finished' "
                "ORDER BY ended_at LIMIT 20)"
            )
    return {
        "attempts": _removed(remove_attempts),
        "deliveries": _removed(remove_deliveries),
    }


def _removed(remove: Callable[[Any], int]) -> dict[str, float]:
    before, wal, rows, steps = timezone.now(), _wal(), 0, 0
    begin = time.perf_counter()
    while time.perf_counter() - begin < REMOVING_SECONDS:
        removed = remove(before)
        rows, steps = rows + removed, steps + 1
        if not removed:
            break
    seconds = time.perf_counter() - begin
    return {
        "rows": rows,
        "rows_per_second": round(rows / seconds),
        "ms_a_step": round(seconds / steps * 1000, 1),
        "wal_bytes_per_row": round((_wal() - wal) / max(rows, 1)),
    }


def bytes_per_row() -> dict[str, dict[str, float]]:
    """Return the bytes a row of the largest tables and of their indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.relname, i.relname, pg_relation_size(i.oid) / greatest(t.reltuples, 1) "
            "FROM pg_class t JOIN pg_index x ON x.indrelid = t.oid "
            "JOIN pg_class i ON i.oid = x.indexrelid "
            "WHERE t.relname IN ('sending_delivery', 'sending_attempt') UNION ALL "
            "SELECT relname, 'rows', pg_table_size(oid) / greatest(reltuples, 1) FROM pg_class "
            "WHERE relname IN ('sending_delivery', 'sending_attempt')"
        )
        found: dict[str, dict[str, float]] = {}
        for table, part, size in cursor.fetchall():
            found.setdefault(table, {})[part] = round(size, 1)
    return found


def _wal() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")
        return int(cursor.fetchone()[0])


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
