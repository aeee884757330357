"""What the ledger writes as arrays of PostgreSQL is read as it was given."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from sending.ledger.sql_postgresql import arrays

TEXTS = (
    "", " ", "NULL", "null", 'say "hi"', "a\\b", "\\", '\\"', "{1,2}", "a,b", "line\nend\ttab",
    "您好，🙂", "%s %% %(a)s", "'; --", None, " both ", "\\u0041",
)  # fmt: skip


@pytest.mark.both_databases
@pytest.mark.django_db
def test_values_come_back_as_they_were() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite gets a batch as JSON")
    at = datetime(2026, 11, 28, 9, 0, 0, 123456, tzinfo=UTC)
    rows = [(n, text, None if n % 3 else at, n % 2 == 0, 2**40 + n) for n, text in enumerate(TEXTS)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::boolean[],"
            " %s::bigint[])",
            arrays(rows, 5),
        )
        assert cursor.fetchall() == rows


def test_no_rows_are_empty_arrays() -> None:
    assert arrays([], 3) == ["{}"] * 3
