"""The services that set the frequency cap for all campaigns."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from campaigns.models import DefaultCap
from foundation.caps import Cap
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

_DAY = 86_400


def set_default_cap(*, cap: Cap, by: Any = None) -> DefaultCap:
    """Set the cap of campaigns without one of their own; it holds for runs started from then on.

    Args:
        cap: the cap.
        by: the operator, for the history.
    """
    with transaction.atomic():
        row: Any = DefaultCap.objects.select_for_update().first() or DefaultCap(pk=1)
        row.most, row.days = cap.most, cap.seconds / _DAY
        if by is not None:
            row._history_user = by
        row.save()
    saved: DefaultCap = row
    return saved


def unset_default_cap() -> None:
    """Remove the row: FREQUENCY_CAP of the environment applies again.

    Raises:
        Refusal: no cap was set here (`not_set`).
    """
    row = DefaultCap.objects.first()
    if row is None:
        raise Refusal(_("No cap was set here: FREQUENCY_CAP applies already."), code="not_set")
    row.delete()
