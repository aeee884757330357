"""Whose trouble an exception is: told by what the server says, not by the class alone."""

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


@pytest.mark.parametrize(
    ("sqlstate", "expected"),
    [
        ("22000", False),  # data
        ("2201B", False),  # a regular expression that is none
        ("23505", False),  # a constraint
        ("42601", False),  # syntax
        ("54001", False),  # a statement too complex
        ("42P01", True),  # no such table: not migrated
        ("42703", True),  # no such column: not migrated
        ("42501", True),  # no right
        ("25006", True),  # read-only
        ("25P03", True),  # idle in transaction too long
        ("40001", True),  # serialization
        ("53100", True),  # the disk is full
        ("55P03", True),  # locked
        ("57P01", True),  # an administrator's word
        ("58030", True),  # input and output
        ("XX000", True),  # internal
    ],
)
def test_what_postgresql_says(sqlstate: str, expected: bool) -> None:
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
def test_what_sqlite_says(statements: list[str], expected: bool) -> None:
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
def test_what_nobody_else_says(problem: Exception, expected: bool) -> None:
    assert is_shared_failure(problem) is expected


@pytest.mark.django_db(transaction=True)
def test_a_lock_of_the_real_database_is_its_own_trouble() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no statement that waits no longer than it is told")
    holder = connection.copy()
    try:
        with holder.cursor() as held:
            held.execute("BEGIN")
            held.execute("LOCK TABLE campaigns_run")
            with connection.cursor() as cursor, pytest.raises(OperationalError) as raised:
                cursor.execute("SET lock_timeout = 50; SELECT 1 FROM campaigns_run")
            held.execute("ROLLBACK")
    finally:
        holder.close()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
    assert is_shared_failure(raised.value)


def test_where_names_the_places_of_the_whole_chain_and_says_nothing() -> None:
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
    # The lines of the source are there, and the literals in them; no value is.
    assert said.count('"SECRET"') == said.count("SECRET")
