"""The services that add and remove quiet hours."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.db import IntegrityError, transaction

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.models import QuietHours


def add_quiet_hours(*, timezone: str, start: time, end: time, by: Any = None) -> QuietHours:
    """Add hours of every day in which nothing is sent; running runs obey within a second or two.

    Args:
        timezone: the time zone, a known one.
        start, end: from when until when; they may pass midnight.
        by: the operator.

    Raises:
        Refusal: they are empty (`quiet_hours_empty`) or there already (`quiet_hours_twice`).
    """
    if start == end:
        raise Refusal(
            _("The quiet hours are empty: they start and end at the same time."),
            code="quiet_hours_empty",
        )
    row: Any = QuietHours(timezone=timezone, start=start, end=end)
    if by is not None:
        row._history_user = by
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refusal(_("These quiet hours are there already."), code="quiet_hours_twice") from None
    saved: QuietHours = row
    return saved


def remove_quiet_hours(*, timezone: str, start: time, end: time) -> None:
    """Remove quiet hours; runs that waited for their end go on within seconds.

    Raises:
        Refusal: there are no such quiet hours (`quiet_hours_unknown`).
    """
    row = QuietHours.objects.filter(timezone=timezone, start=start, end=end).first()
    if row is None:
        raise Refusal(
            _("There are no such quiet hours. List them with manage.py quiet_hours list."),
            code="quiet_hours_unknown",
        )
    row.delete()
