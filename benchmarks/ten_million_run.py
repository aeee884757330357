"""One run to ten million people on PostgreSQL: its last tenth compared with its first.

All of it is planned, chunk by chunk. Then a slice at its beginning and a slice at its end are
really sent, without a pace, by one worker. **What is between them is not sent**: SQL marks it as
sent and adds its attempts and figures, because sending ten million takes an hour or more. The
tables have the sizes that they would have; the rows of the middle lie in the order of their keys,
not in the order of sending. At the end all rows are reported.
"""

from __future__ import annotations

import argparse
import itertools
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, connections

from accounts.models import Account
from benchmarks.fixtures import engine_worker, wait_for
from benchmarks.many_rows_out import reports
from benchmarks.planning import make_audience
from benchmarks.processes import (
    cpu_seconds,
    postgresql_cpu_seconds,
    resident_kb,
    wait_until,
    whole_cpu_seconds,
)
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.run_control.lifecycle import pause_run, resume_run, start_campaign
from contacts.models import Contact
from qqhttp.simulator import SimulatorProcess
from sending.models import Delivery
from sending.runs.figures import figures_of

#: The share of a slice that is left out of its figures: lanes open.
WARM_UP = 0.2

# An account's pending deliveries but its last ones, as the engine leaves them. SEQs are above all
# that the worker reserves.
_MARK = """
UPDATE sending_delivery
   SET state = 'sent', attempt_count = 1, last_res = '0', seq = id + 2000000000, sent_at = now()
 WHERE run_id = %(run)s AND account_id = %(account)s AND state = 'pending'
   AND id < (SELECT id FROM sending_delivery
              WHERE run_id = %(run)s AND account_id = %(account)s AND state = 'pending'
              ORDER BY rank DESC, id DESC LIMIT 1 OFFSET %(left)s)
"""
_ATTEMPTS = """
INSERT INTO sending_attempt (delivery_id, account_id, seq, marked_at, replays, res, finished_at)
SELECT id, account_id, seq, sent_at, 0, '0', sent_at FROM sending_delivery
 WHERE run_id = %(run)s AND seq >= 2000000000 ORDER BY id
"""
_FIGURES = """
INSERT INTO sending_tally (run_id, shard, kind, key, n)
SELECT %(run)s, 0, kind, key, n FROM (VALUES ('state', 'sent', %(n)s), ('state', 'pending', -%(n)s),
       ('res', '0', %(n)s)) AS of (kind, key, n)
    ON CONFLICT (run_id, kind, key, shard) DO UPDATE SET n = sending_tally.n + excluded.n
"""
_MINUTE = """
INSERT INTO sending_runminute (run_id, minute, res, shard, n)
VALUES (%(run)s, floor(extract(epoch FROM now()) / 60)::int, '0', 0, %(n)s)
    ON CONFLICT (run_id, minute, res, shard) DO UPDATE SET n = sending_runminute.n + excluded.n
"""


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Plan, send and report the run; return the figures of its beginning and of its end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000_000)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--slice", type=int, default=100_000, help="messages of a slice")
    parser.add_argument("--filled", action="store_true", help="the audience is there already")
    given = parser.parse_args(arguments)
    each = given.people // given.accounts
    if given.filled:
        campaign = Campaign.objects.latest("pk")
    else:
        campaign = make_audience(each * given.accounts, given.accounts)
        Account.objects.update(min_interval=0.0)
    run = start_campaign(campaign=campaign)
    result: dict[str, Any] = {"people": each * given.accounts, "planning": _planned(run)}
    with (
        SimulatorProcess(accounts=given.accounts, friends=each) as gateway,
        engine_worker(gateway=gateway.url, lanes=given.accounts + 20) as worker,
    ):

        def arrived() -> int:
            return int(gateway.control.figures().arrived)

        resume_run(run=run)
        result["first"] = _slice(worker, arrived, given.slice)
        pause_run(run=run)
        wait_until(
            lambda: figures_of(run=run, newest=[]).sending == 0, what="the pause", seconds=60
        )
        begin = time.perf_counter()
        result["marked"] = _mark_the_middle(run, left=given.slice // given.accounts)
        result["marking_seconds"] = round(time.perf_counter() - begin, 1)
        begin = time.perf_counter()
        resume_run(run=run)
        result["resuming_ms"] = round((time.perf_counter() - begin) * 1000)
        result["last"] = _slice(worker, arrived, given.slice)
        begin = time.perf_counter()
        wait_for(run, seconds=600)
        result["finishing_seconds"] = round(time.perf_counter() - begin, 1)
    found = figures_of(run=run, newest=[])
    assert (found.sent, found.targeted) == (result["people"], result["people"]), found
    result["reports"] = reports()
    return result


def _planned(run: CampaignRun) -> dict[str, Any]:
    """Plan a run and pause it; return rows a second, CPU and memory by tenths."""
    first = Contact.objects.order_by("pk").values_list("pk", flat=True)[0]
    people = Contact.objects.count()
    samples: list[tuple[int, float, float, float]] = []
    is_over = threading.Event()

    def sample() -> None:
        rows = CampaignRun.objects.filter(pk=run.pk).values_list("planned_through", flat=True)
        is_last = False
        while not is_last:
            is_last = is_over.wait(0.25)
            done = max(rows[0] - first + 1, 0)
            samples.append(
                (done, time.perf_counter(), whole_cpu_seconds(), resident_kb(os.getpid()) / 1000)
            )
        connections.close_all()

    watcher = threading.Thread(target=sample, daemon=True)
    begin = time.perf_counter()
    watcher.start()
    assert plan_run(run=run)
    seconds = time.perf_counter() - begin
    pause_run(run=run)
    is_over.set()
    watcher.join()
    assert Delivery.objects.filter(run=run).count() == people
    tenths = [
        next(one for one in samples if one[0] >= share * people / 10) for share in range(10)
    ] + [samples[-1]]
    pairs = list(itertools.pairwise(tenths))
    return {
        "seconds": round(seconds, 1),
        "rows_per_second": [round((b[0] - a[0]) / max(b[1] - a[1], 0.01)) for a, b in pairs],
        "cpu_us": [round((b[2] - a[2]) / max(b[0] - a[0], 1) * 1e6, 1) for a, b in pairs],
        "mb": [round(b[3], 1) for _a, b in pairs],
    }


def _slice(worker: int, arrived: Callable[[], int], messages: int) -> dict[str, Any]:
    """Wait until so many more messages arrived; return their rate, CPU and the memory."""
    from_here = arrived()

    def wait_for_share(share: float) -> None:
        wait_until(
            lambda: arrived() - from_here >= messages * share, what="the messages", seconds=1800
        )

    wait_for_share(WARM_UP)
    begin, before = time.perf_counter(), arrived()
    cpu, database = cpu_seconds(worker), postgresql_cpu_seconds()
    wait_for_share(0.95)
    seconds, sent = time.perf_counter() - begin, arrived() - before
    return {
        "messages": sent,
        "per_second": round(sent / seconds),
        "cpu_us": round((cpu_seconds(worker) - cpu) / sent * 1e6),
        "database_us": round((postgresql_cpu_seconds() - database) / sent * 1e6),
        "mb": round(resident_kb(worker) / 1000, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def _mark_the_middle(run: CampaignRun, *, left: int) -> int:
    """Mark all pending deliveries as sent but so many of each account; return how many."""
    marked = 0
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for account in Account.objects.values_list("pk", flat=True):
            cursor.execute(_MARK, {"run": run.pk, "account": account, "left": left - 1})
            marked += cursor.rowcount
        cursor.execute(_ATTEMPTS, {"run": run.pk})
        assert cursor.rowcount == marked, (cursor.rowcount, marked)
        cursor.execute(_FIGURES, {"run": run.pk, "n": marked})
        cursor.execute(_MINUTE, {"run": run.pk, "n": marked})
        cursor.execute("SET session_replication_role = DEFAULT")
        # As autovacuum does in the hour that is left out.
        cursor.execute("VACUUM ANALYZE sending_delivery, sending_attempt")
    return marked
