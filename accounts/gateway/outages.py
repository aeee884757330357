"""Begin, end and list outages."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from accounts.models import Outage
from clocks import shared


def begin_outage(*, egress_id: int, sentence: str) -> None:
    """Record that the gateway cannot be reached from an egress; an open outage stays unchanged."""
    try:
        with transaction.atomic():
            Outage.objects.create(egress_id=egress_id, began_at=shared.wall(), sentence=sentence)
    except IntegrityError:
        return


def end_outage(*, egress_id: int) -> None:
    """Record that the gateway answers again at an egress."""
    Outage.objects.filter(egress_id=egress_id, ended_at=None).update(ended_at=shared.wall())


def open_outages() -> dict[int, str]:
    """Return the open outages: the sentence by egress id."""
    return dict(Outage.objects.filter(ended_at=None).values_list("egress_id", "sentence"))
