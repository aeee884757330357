"""Ends imports, and tells webhooks in the same transaction."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from contacts.models import ContactImport
from contacts.querysets.contact_import import ContactImportQuerySet
from foundation.times import utc_iso
from webhooks.outbox.subscribers import subscribers
from webhooks.outbox.tell import Event, tell
from webhooks.states import EventKind


def end_imports(rows: ContactImportQuerySet, *, to: str, **values: Any) -> int:
    """Move one import, if these rows hold it, to a state in which it is over; return if it moved.

    Args:
        rows: at most one import.
        to: the state.
        values: other columns to set.
    """
    with transaction.atomic():
        keys = list(rows.values_list("pk", flat=True))
        moved = rows.transition(to=to, **values)
        if moved and subscribers(EventKind.IMPORT_ENDED):
            ended = ContactImport.objects.filter(pk__in=keys, state=to)
            tell(EventKind.IMPORT_ENDED, [_event(one) for one in ended])
    return int(moved)


def _event(one: ContactImport) -> Event:
    return Event(
        about=f"import:{one.pk}",
        data={
            "import": one.pk,
            "list": one.contact_list_id,
            "state": str(one.state),
            "created": one.created,
            "updated": one.updated,
            "unchanged": one.unchanged,
            "rejected": one.rejected,
            "finished_at": utc_iso(one.finished_at),
        },
    )
