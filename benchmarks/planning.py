"""Planning compared with a raw INSERT ... SELECT of the same rows into the same table.

Planning chooses the account for each person (friendships, paces, suppressions) and updates the
figures, in chunks. The raw insert copies the finished rows from a table in one statement, with the
same indexes and foreign keys. Both take turns, each into an empty table.

First the same is planned while the database has no statistics: an operator who has just imported
people and starts a campaign at once does not wait for them either.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

from django.db import connection
from django.utils import timezone

from benchmarks.fixtures import analyze, make_accounts, make_campaign
from benchmarks.processes import whole_cpu_seconds
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.run_control.lifecycle import cancel_run, start_campaign
from contacts.models import ContactList
from qqhttp.simulator.population import FIRST_FRIEND
from sending.models import Delivery

_COUNT = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %s) "
_CONTACTS = (
    "INSERT INTO contacts_contact (uin, name, attributes, created_at, updated_at) "
    + _COUNT
    + "SELECT %s + i, 'name', '{{}}', {now}, {now} FROM n"
)
_MEMBERS = (
    "INSERT INTO contacts_membership (contact_list_id, contact_id, added_at) "
    "SELECT %s, id, {now} FROM contacts_contact ORDER BY id"
)
_FRIENDS = (
    "INSERT INTO accounts_friend (account_id, uin, nickname, known_since) "
    + _COUNT
    + "SELECT a.id, %s + i, '', {now} FROM n "
    "JOIN (SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS number FROM accounts_account) a "
    "ON a.number = i / %s"
)
_COLUMNS = "contact_id, rank, uin, account_id, state, reason, attempt_count, last_res, text_number"


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Plan and insert in turns; return times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=2)
    given = parser.parse_args(arguments)
    unknown: list[float] = []
    with _without_autovacuum():
        campaign = make_audience(given.people, given.accounts, is_analyzed=False)
        for _repeat in range(given.repeats):
            run, seconds, _processor = _plan(campaign, given.people)
            unknown.append(seconds)
            cancel_run(run=run)
    analyze()
    planned: list[float] = []
    raw: list[float] = []
    cpu: list[tuple[float, float]] = []
    for _repeat in range(given.repeats):
        run, seconds, processor = _plan(campaign, given.people)
        planned.append(seconds)
        _keep_rows()
        cancel_run(run=run)
        _empty()
        other = start_campaign(campaign=campaign)
        between, begin = whole_cpu_seconds(), time.perf_counter()
        _insert_raw(other)
        raw.append(time.perf_counter() - begin)
        cpu.append((processor, whole_cpu_seconds() - between))
        cancel_run(run=other)
    return {
        "people": given.people,
        "planned_seconds": round(median(planned), 2),
        "planned_seconds_without_statistics": round(median(unknown), 2),
        "raw_seconds": round(median(raw), 2),
        "ratio": round(median(a / b for a, b in zip(planned, raw, strict=True)), 3),
        "cpu_us": [round(median(each) / given.people * 1e6, 2) for each in zip(*cpu, strict=True)],
        "ratio_of_cpu": round(median(a / b for a, b in cpu), 3),
        "rows_per_second": round(given.people / median(planned)),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _plan(campaign: Campaign, people: int) -> tuple[CampaignRun, float, float]:
    """Plan a run into an empty table; return it, the seconds, and those of CPU."""
    _empty()
    run = start_campaign(campaign=campaign)
    before, begin = whole_cpu_seconds(), time.perf_counter()
    assert plan_run(run=run)
    seconds, processor = time.perf_counter() - begin, whole_cpu_seconds() - before
    count = Delivery.objects.filter(run=run, state="pending").count()
    assert count == people, count
    return run, seconds, processor


@contextmanager
def _without_autovacuum() -> Iterator[None]:
    """Keep PostgreSQL from making statistics by itself."""
    if connection.vendor != "postgresql":
        yield
        return
    _set_autovacuum("off")
    try:
        yield
    finally:
        _set_autovacuum("on")


def _set_autovacuum(state: str) -> None:
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names():
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = {state})")


def make_audience(people: int, accounts: int, *, is_analyzed: bool = True) -> Campaign:
    """Create people, each the friend of one account, and a campaign to all of them."""
    make_accounts(count=accounts, friends=0, min_interval=1.0)
    everybody = ContactList.objects.create(name="everybody")
    friends = -(-people // accounts)
    now = "now()" if connection.vendor == "postgresql" else f"'{timezone.now():%Y-%m-%d %H:%M:%S}'"
    with connection.cursor() as cursor:
        cursor.execute(_CONTACTS.format(now=now), [people, FIRST_FRIEND])
        cursor.execute(_MEMBERS.format(now=now), [everybody.pk])
        cursor.execute(_FRIENDS.format(now=now), [people, FIRST_FRIEND, friends])
    if is_analyzed:
        analyze()
    return make_campaign(people=everybody, name="planning")


def _empty() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # CASCADE: other tables refer to them, all empty here.
            cursor.execute("TRUNCATE sending_delivery, sending_attempt CASCADE")
            cursor.execute("CHECKPOINT")
        else:
            cursor.execute("DELETE FROM sending_delivery")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _keep_rows() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_rows")
        cursor.execute(
            f"CREATE TABLE bench_rows AS SELECT {_COLUMNS} FROM sending_delivery ORDER BY id"
        )


def _insert_raw(run: CampaignRun) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO sending_delivery (run_id, {_COLUMNS}) "
            f"SELECT %s, {_COLUMNS} FROM bench_rows",
            [run.pk],
        )
