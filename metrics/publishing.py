"""Publishes what this process has counted: at a worker's heartbeat, every few seconds elsewhere."""

from __future__ import annotations

import copy
import logging
import threading
import uuid
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, connection, transaction

from clocks import local, shared
from metrics.catalogue import INSTRUMENTS
from metrics.instruments import Figures, add_up
from metrics.models import ProcessFigures

log = logging.getLogger(__name__)

#: How often processes without a heartbeat publish, seconds.
PUBLISH_SECONDS = 5.0
#: A row that is older belongs to a process that has ended, or has counted nothing since; it is
#: added to the sums. If the process goes on, it begins a new row.
ENDED_AFTER = timedelta(hours=1)
SUMS = ""


class Publisher:
    """Publishes the figures of this process."""

    def __init__(self) -> None:
        self._process = uuid.uuid4().hex
        #: What rows of this process that were added to the sums held.
        self._summed: Figures = {}
        #: What the row of this process holds.
        self._written: tuple[Figures, Figures] = ({}, {})
        self._turn = threading.Lock()

    def publish(self) -> None:
        """Write what has been counted since; does nothing if nothing has."""
        with self._turn:
            counted, levels = _read()
            add_up(counted, self._summed, sign=-1)
            if (counted, levels) == self._written and not levels:
                return
            if not self._update(counted, levels):
                add_up(self._summed, self._written[0])
                self._written = ({}, {})
                counted, levels = _read()
                add_up(counted, self._summed, sign=-1)
                self._insert(counted, levels)
            self._written = (copy.deepcopy(counted), levels)

    def _update(self, counted: Figures, levels: Figures) -> int:
        return ProcessFigures.objects.filter(process=self._process).update(
            counted=counted, levels=levels, published_at=shared.now()
        )

    def _insert(self, counted: Figures, levels: Figures) -> None:
        sum_up_ended()
        ProcessFigures.objects.create(
            process=self._process, counted=counted, levels=levels, published_at=shared.now()
        )

    def forget(self) -> None:
        """Begin a new row, as a new process does: after a fork, and between tests."""
        self.__init__()  # type: ignore[misc]


def _read() -> tuple[Figures, Figures]:
    counted: Figures = {}
    levels: Figures = {}
    for instrument in INSTRUMENTS:
        numbers = instrument.read()
        if numbers:
            (levels if instrument.kind == "gauge" else counted)[instrument.name] = numbers
    return counted, levels


def sum_up_ended() -> None:
    """Add the rows of processes that have ended to the sums; done when a process begins a row."""
    with transaction.atomic():
        sums, _is_new = ProcessFigures.objects.select_for_update().get_or_create(
            process=SUMS, defaults={"published_at": shared.now()}
        )
        ended = ProcessFigures.objects.select_for_update().filter(
            published_at__lt=shared.now() - ENDED_AFTER
        )
        rows = list(ended.exclude(process=SUMS))
        if not rows:
            return
        for row in rows:
            add_up(sums.counted, row.counted)
        sums.save(update_fields=["counted"])
        ProcessFigures.objects.filter(pk__in=[row.pk for row in rows]).delete()


_publisher = Publisher()


def publish() -> None:
    """Publish what this process has counted.

    Raises:
        DatabaseError, InterfaceError: the database is away; the next call publishes it.
    """
    _publisher.publish()


def begin_publishing() -> None:
    """Publish every few seconds, on a thread of its own."""
    local.start_thread(_publish_for_ever, name="figures")


def _publish_for_ever() -> None:
    while True:
        local.sleep(PUBLISH_SECONDS)
        try:
            publish()
        except (DatabaseError, InterfaceError) as problem:
            log.warning("Figures cannot be published: %s", type(problem).__name__)
        except Exception:
            log.exception("Publishing figures met an unexpected error.")
        connection.close()
