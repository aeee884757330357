"""Writes what was noted: every second, on a thread of its own, and when the process ends."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Sequence

from django.db import DatabaseError, IntegrityError, InterfaceError, connection, transaction

from api.models import ApiRequest, Token
from api.request_log.note import waiting
from clocks import local

log = logging.getLogger(__name__)

#: How often what was noted is written, seconds.
WRITE_SECONDS = 1.0
#: Rows of a transaction: on SQLite other writers wait for it.
CHUNK = 500


def write_noted() -> int:
    """Write what was noted since; return how many rows.

    Raises:
        DatabaseError, InterfaceError: the database is away; the next call writes them.
    """
    rows, dropped = waiting.take()
    written = 0
    try:
        while written < len(rows):
            part = rows[written : written + CHUNK]
            _write(part)
            written += len(part)
    except BaseException:
        waiting.give_back(rows[written:], dropped)
        raise
    if dropped:
        log.warning("%d successful requests are not in the log of API requests.", dropped)
    return written


def begin_writing() -> None:
    """Write what this process notes, from now on until it ends."""
    local.start_thread(_write_for_ever, name="API requests")
    atexit.register(_write_last)


def _write(rows: Sequence[ApiRequest]) -> None:
    try:
        with transaction.atomic():
            ApiRequest.objects.bulk_create(rows)
    except IntegrityError:
        # A token is gone with its user. The rows say who it was.
        with transaction.atomic():
            wanted = [row.token_id for row in rows if row.token_id is not None]
            known = set(Token.objects.filter(pk__in=wanted).values_list("pk", flat=True))
            for row in rows:
                row.pk = None
                if row.token_id not in known:
                    row.token_id = None
            ApiRequest.objects.bulk_create(rows)


def _write_for_ever() -> None:
    while True:
        local.sleep(WRITE_SECONDS)
        try:
            if write_noted():
                connection.close()
        except (DatabaseError, InterfaceError) as problem:
            log.warning("API requests cannot be logged: %s", type(problem).__name__)
            connection.close()
        except Exception:
            log.exception("Logging API requests met an unexpected error.")
            connection.close()


def _write_last() -> None:
    try:
        write_noted()
    except (DatabaseError, InterfaceError) as problem:
        log.warning("The last API requests are not logged: %s", type(problem).__name__)
