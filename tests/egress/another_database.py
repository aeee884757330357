"""Connects Django in this process temporarily to the fleet's database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import environ
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections


@contextlib.contextmanager
def another_database(url: str) -> Iterator[str]:
    """Make `url` the default database of this process, create its tables, and yield the URL.

    The test's own database is not used, because the processes of a fleet commit their changes.
    """
    before = connections.settings["default"]
    given = environ.Env.db_url_config(url)
    if given["ENGINE"] == "django.db.backends.postgresql":
        ours: dict[str, Any] = settings.POSTGRESQL_TIMEOUTS
    else:
        ours = before["OPTIONS"]
    named: dict[str, Any] = {**before, **given}
    named["OPTIONS"] = {**ours, **given.get("OPTIONS", {})}
    _point_at(named)
    try:
        call_command("migrate", verbosity=0)
        yield url
    finally:
        _point_at(before)


def _point_at(named: dict[str, Any]) -> None:
    connection.close()
    connections.settings["default"] = named
    del connections["default"]
