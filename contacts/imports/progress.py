"""The progress of an import."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from contacts.models import ContactImport
from contacts.states import ImportState


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of an import.

    Attributes:
        rows: the rows processed so far, rejected ones included.
        rows_per_second: the mean rate since the start; 0.0 before the first chunk.
        fraction: the part of the file that is processed, 0.0 to 1.0.
        seconds_left: the estimated time to the end; None if it cannot be estimated.
    """

    rows: int
    rows_per_second: float
    fraction: float
    seconds_left: float | None


def progress_of(contact_import: ContactImport) -> Progress:
    """Return the progress of an import, computed from its row alone."""
    started, rows = contact_import.started_at, contact_import.cursor
    end = contact_import.finished_at or timezone.now()
    seconds = max((end - started) / timedelta(seconds=1), 0.001) if started else 0.0
    fraction = 1.0 if contact_import.state == ImportState.DONE else 0.0
    if not fraction and contact_import.position_end:
        fraction = min(1.0, contact_import.position / contact_import.position_end)
    left = None
    if contact_import.state == ImportState.RUNNING and fraction > 0 and rows:
        left = seconds * (1 - fraction) / fraction
    return Progress(rows, rows / seconds if seconds else 0.0, fraction, left)
