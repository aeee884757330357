"""A commit looks up each of its rows by key, however large the run is.

Just after a run is planned, the statistics show none of its deliveries. Without the options of the
ledger's connection the planner would then choose a scan.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.leases.workers import register_worker
from accounts.models import Lease
from contacts.models import Contact
from sending.ledger import sql_postgresql, sql_sqlite
from sending.ledger.sql import SENDABLE
from sending.ledger.sql_postgresql import arrays
from sending.models import Delivery
from tests.campaigns.factories import make_account, make_campaign, make_run

pytestmark = pytest.mark.both_databases

PENDING, BATCH = 4000, 40


@pytest.mark.slow
@pytest.mark.django_db
def test_marks_and_results_are_looked_up_by_key() -> None:
    rows = _a_batch_of_a_fresh_run()
    if connection.vendor == "postgresql":
        for option in sql_postgresql.CONNECTION_OPTIONS.split(" -c ")[1:]:
            _ask(f"SET LOCAL {option.replace('=', ' = ')}", ())
        marks: list[Any] = [*arrays(rows, 5), 1, list(SENDABLE), timezone.now()]
        results = arrays([_result(row) for row in rows], 10)
        for statement, values in (
            (sql_postgresql._MARK, marks), (sql_postgresql._SETTLE, results),
        ):  # fmt: skip
            for plan in (_ask(f"EXPLAIN {statement}", values), _kept_plan(statement, values)):
                assert "Index Scan using sending_delivery_pkey on sending_delivery" in plan, plan
                for other in ("delivery_next", "delivery_in_flight", "Seq Scan on sending_"):
                    assert other not in plan, plan
        repeats = [*arrays([(row[1], row[2], row[3]) for row in rows], 3), timezone.now(), 1]
        for statement, values in (
            (sql_postgresql._REPLAY, repeats),
            (sql_postgresql._MARKED_ALREADY, [*arrays(rows, 5), 1]),
        ):
            for plan in (_ask(f"EXPLAIN {statement}", values), _kept_plan(statement, values)):
                assert "Seq Scan on sending_" not in plan, plan
    else:
        for statement, values in (
            (sql_sqlite._MARK, ["[]", 1, *SENDABLE]), (sql_sqlite._SETTLE, ["[]"]),
        ):  # fmt: skip
            plan = _ask(f"EXPLAIN QUERY PLAN {statement}", values)
            assert "SEARCH sending_delivery USING INTEGER PRIMARY KEY" in plan, plan
            assert "SCAN sending_" not in plan, plan


@pytest.mark.slow
@pytest.mark.django_db
def test_limits_on_messages_to_one_person_begin_at_the_persons_own_messages() -> None:
    since = timezone.now()
    rows = [(*row, 1, since, since) for row in _a_batch_of_a_fresh_run()]
    if connection.vendor == "postgresql":
        for option in sql_postgresql.CONNECTION_OPTIONS.split(" -c ")[1:]:
            _ask(f"SET LOCAL {option.replace('=', ' = ')}", ())
        marks: list[Any] = [*arrays(rows, 8), 1, list(SENDABLE), timezone.now()]
        plan = _ask(f"EXPLAIN {sql_postgresql._MARK_LIMITED}", marks)
        assert plan.count("delivery_unique_contact_in_run on sending_delivery e") == 2, plan
        assert "Seq Scan on sending_" not in plan, plan
    else:
        plan = _ask(f"EXPLAIN QUERY PLAN {sql_sqlite._MARK_LIMITED}", ["[]", 1, *SENDABLE])
        index = "sqlite_autoindex_sending_delivery_1"  # delivery_unique_contact_in_run
        assert plan.count(f"SEARCH e USING INDEX {index} (contact_id=?)") == 2, plan
        assert "SCAN e" not in plan, plan


@pytest.mark.slow
@pytest.mark.django_db
def test_a_commit_reads_the_leases_and_accounts_of_its_own_rows_only() -> None:
    rows = _a_batch_of_a_fresh_run()
    if connection.vendor != "postgresql":
        return  # test_marks_and_results_are_looked_up_by_key has SQLite's plan
    for option in sql_postgresql.CONNECTION_OPTIONS.split(" -c ")[1:]:
        _ask(f"SET LOCAL {option.replace('=', ' = ')}", ())
    marks: list[Any] = [*arrays(rows, 5), 1, list(SENDABLE), timezone.now()]
    repeats = [*arrays([(row[1], row[2], row[3]) for row in rows], 3), timezone.now(), 1]
    for statement, values in (
        (sql_postgresql._MARK, marks),
        (sql_postgresql._REPLAY, repeats),
        (sql_postgresql._MARKED_ALREADY, [*arrays(rows, 5), 1]),
    ):
        for plan in (_ask(f"EXPLAIN {statement}", values), _kept_plan(statement, values)):
            lines = [line.strip() for line in plan.splitlines()]
            read = [n for n, line in enumerate(lines) if " on accounts_" in line]
            assert read, plan
            for n in read:
                assert lines[n + 1].startswith(
                    ("Index Cond: (account_id =", "Index Cond: (id =")
                ), plan


@pytest.mark.django_db
@pytest.mark.parametrize("is_empty", [True, False])
def test_a_plan_kept_from_when_the_tables_were_small_looks_each_row_up(*, is_empty: bool) -> None:
    """A worker of a new installation plans before the first attempt, and keeps the plan."""
    if connection.vendor != "postgresql":
        return  # it plans each statement for itself, by CROSS JOIN
    rows: list[tuple[Any, ...]] = [(n, 1, 1, n, None) for n in range(BATCH)]
    if not is_empty:
        rows = _a_batch_of_a_fresh_run()
    since = timezone.now()
    for option in sql_postgresql.CONNECTION_OPTIONS.split(" -c ")[1:]:
        _ask(f"SET LOCAL {option.replace('=', ' = ')}", ())
    marks: list[Any] = [1, list(SENDABLE), since]
    for statement, values in (
        (sql_postgresql._MARK, [*arrays(rows, 5), *marks]),
        (
            sql_postgresql._MARK_LIMITED,
            [*arrays([(*row, 1, since, since) for row in rows], 8), *marks],
        ),
        (sql_postgresql._SETTLE, arrays([_result(row) for row in rows], 10)),
        (
            sql_postgresql._REPLAY,
            [*arrays([(row[1], row[2], row[3]) for row in rows], 3), since, 1],
        ),
        (sql_postgresql._MARKED_ALREADY, [*arrays(rows, 5), 1]),
    ):
        plan = _kept_plan(statement, values)
        lines = [line.strip() for line in plan.splitlines()]
        for n, line in enumerate(lines):
            if "Scan" in line and (" on sending_attempt" in line or " on sending_delivery" in line):
                assert lines[n + 1].startswith("Index Cond: ("), plan


@pytest.mark.django_db
@pytest.mark.parametrize("is_behind_pooler", [False, True])
def test_no_plans_are_kept_behind_a_pooler(*, is_behind_pooler: bool) -> None:
    if connection.vendor != "postgresql":
        return
    own = connection.connection
    number = own.pgconn.backend_pid + is_behind_pooler
    raw = SimpleNamespace(
        prepare_threshold=3, pgconn=SimpleNamespace(backend_pid=number), execute=own.execute
    )
    assert sql_postgresql.keep_no_plans_behind_pooler(raw) == is_behind_pooler
    assert raw.prepare_threshold == (None if is_behind_pooler else 3)


def _a_batch_of_a_fresh_run() -> list[tuple[Any, ...]]:
    """Plan a run that is missing from the statistics; return some of its deliveries as marks."""
    account = make_account()
    worker = register_worker(egress_name="default", source_address=None, proxy=None, version="test")
    Lease.objects.update(worker=worker, token=1)
    run = make_run(make_campaign())
    people = Contact.objects.bulk_create(Contact(uin=20_000_000 + n) for n in range(PENDING))
    _ask("ANALYZE", ())  # as if autovacuum had run before the deliveries existed
    deliveries = Delivery.objects.bulk_create(
        Delivery(run=run, contact=person, uin=person.uin, account=account) for person in people
    )
    return [(one.pk, account.pk, 1, seq, None) for seq, one in enumerate(deliveries[:BATCH])]


def _result(row: Sequence[Any]) -> tuple[Any, ...]:
    delivery_id, account_id, _token, seq, _text = row
    return (
        delivery_id,
        account_id,
        seq,
        "sent",
        "",
        "0",
        timezone.now(),
        None,
        True,
        timezone.now(),
    )


_names = count(1)


def _kept_plan(statement: str, values: Sequence[Any]) -> str:
    """Return the plan that the server keeps for a statement, which is one for any values."""
    pieces = statement.replace("%%", "%").split("%s")
    name = f"kept_{next(_names)}"
    numbered = pieces[0] + "".join(f"${n}{piece}" for n, piece in enumerate(pieces[1:], 1))
    _ask(f"PREPARE {name} AS {numbered}", ())
    return _ask(f"EXPLAIN EXECUTE {name}({', '.join(['%s'] * len(values))})", values)


def _ask(statement: str, values: Sequence[Any]) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        is_plan = cursor.description is not None
        return "\n".join(str(row[-1]) for row in cursor.fetchall()) if is_plan else ""
