"""Failures are classified by the code that the server reports, not by the class alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import psycopg
import pytest
from django.db import DataError, InterfaceError, OperationalError, ProgrammingError, connection
from django.db.utils import Error
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as RedisAway

from foundation.failures import is_shared_failure, traceback_without_messages
from foundation.refusals import Refusal

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize(
    ("sqlstate", "expected"),
    [
        ("22000", False),  # data
        ("2201B", False),  # an invalid regular expression
        ("23505", False),  # a constraint
        ("42601", False),  # syntax
        ("54001", False),  # a statement too complex
        ("42P01", True),  # no such table: not migrated
        ("42703", True),  # no such column: not migrated
        ("42501", True),  # no privilege
        ("25006", True),  # read-only
        ("25P03", True),  # idle in transaction too long
        ("40001", True),  # serialization
        ("53100", True),  # the disk is full
        ("55P03", True),  # locked
        ("57P01", True),  # ended by an administrator
        ("58030", True),  # input and output
        ("XX000", True),  # internal
    ],
)
def test_a_postgresql_error_is_classified_by_its_sqlstate(sqlstate: str, expected: bool) -> None:
    driver = psycopg.errors.lookup(sqlstate)("said")
    problem = OperationalError("said")
    problem.__cause__ = driver
    assert is_shared_failure(problem) is expected


def _error_of(database: sqlite3.Connection, *statements: str) -> Error:
    try:
        for statement in statements:
            database.execute(statement)
    except sqlite3.Error as driver:
        problem = OperationalError(str(driver))
        problem.__cause__ = driver
        return problem
    raise AssertionError("nothing failed")


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["SELECT json_extract('{', '$.a')"], False),
        (["SELECT " + "(" * 2000 + "1" + ")" * 2000], False),
        (["CREATE TABLE a (n UNIQUE)", "INSERT INTO a VALUES (1), (1)"], False),
        (["SELECT n FROM missing"], True),
        (["CREATE TABLE a (n)", "SELECT m FROM a"], True),
        (["CREATE TABLE a (n)", "PRAGMA query_only = 1", "INSERT INTO a VALUES (1)"], True),
        (
            [
                "CREATE TABLE a (n)",
                "PRAGMA max_page_count = 2",
                "INSERT INTO a VALUES (zeroblob(9999))",
            ],
            True,
        ),
    ],
)
def test_an_sqlite_error_is_classified_by_its_code(statements: list[str], expected: bool) -> None:
    database = sqlite3.connect(":memory:")
    try:
        assert is_shared_failure(_error_of(database, *statements)) is expected
    finally:
        database.close()


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (OperationalError("couldn't get a connection"), True),
        (InterfaceError("connection already closed"), True),
        (DataError("value too long"), False),
        (ProgrammingError("said by Django itself"), False),
        (BrokerError("away"), True),
        (RedisAway("away"), True),
        (ConnectionResetError(), True),
        (OSError(28, "No space left on device"), True),
        (FileNotFoundError(), False),
        (ValueError(), False),
        (Refusal("no", code="no"), False),
    ],
)
def test_an_error_without_a_servers_code_is_classified_by_its_class(
    problem: Exception, expected: bool
) -> None:
    assert is_shared_failure(problem) is expected


@pytest.mark.django_db(transaction=True)
def test_a_lock_timeout_of_the_real_database_is_a_shared_failure() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no lock timeout for a single statement")
    holder = connection.copy()
    try:
        with holder.cursor() as held:
            held.execute("BEGIN")
            held.execute("LOCK TABLE sending_run")
            with connection.cursor() as cursor, pytest.raises(OperationalError) as raised:
                cursor.execute("SET lock_timeout = 50; SELECT 1 FROM sending_run")
            held.execute("ROLLBACK")
    finally:
        holder.close()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
    assert is_shared_failure(raised.value)


def test_a_traceback_names_every_frame_of_the_chain_and_no_message() -> None:
    def inner() -> None:
        raise ValueError("SECRET")

    def outer(call: Callable[[], None]) -> None:
        try:
            call()
        except ValueError as problem:
            raise RuntimeError("SECRET") from problem

    with pytest.raises(RuntimeError) as raised:
        outer(inner)
    said = traceback_without_messages(raised.value)
    assert "in inner" in said
    assert "in outer" in said
    assert "builtins.ValueError" in said
    # Source lines, with the literals in them, are in the traceback; values are not.
    assert said.count('"SECRET"') == said.count("SECRET")
