"""Taking an import back as a whole: memberships it added, attributes it changed, people it made.

In small transactions, each of which leaves less to take back: whatever stops the worker, the next
one goes on. What somebody changed since, or what anything else uses, stays.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.imports.existing_people import write_people
from contacts.imports.merge import taken_back
from contacts.models import Contact, ContactImport, ImportChange, Membership
from contacts.states import ImportState
from foundation.refusals import Refusal

#: Rows of a transaction.
CHUNK_ROWS = 5_000


def request_undo(*, contact_import: ContactImport) -> None:
    """Ask for an import to be taken back. Wake a worker with `contacts.tasks.wake_import`.

    Raises:
        Refusal: it is running, or taken back already.
    """
    moved = ContactImport.objects.filter(pk=contact_import.pk).transition(
        to=ImportState.UNDOING, heartbeat_at=None
    )
    contact_import.refresh_from_db()
    if not moved:
        raise Refusal(
            _("This import cannot be taken back: it is %(state)s.")
            % {"state": contact_import.get_state_display()},
            code="not_undoable",
        )


def undo_import(*, import_id: int) -> bool:
    """Take an import back, to its end; return whether this worker had it."""
    taken = ContactImport.objects.abandoned().filter(pk=import_id, state=ImportState.UNDOING)
    if not taken.update(token=F("token") + 1, heartbeat_at=timezone.now()):
        return False
    token = ContactImport.objects.values_list("token", flat=True).get(pk=import_id)
    for step in (_take_back_changes, _take_back_memberships, _take_back_people):
        last: int | None = 0
        while last is not None:
            with transaction.atomic():
                # The fence, and the heartbeat.
                if not ContactImport.objects.filter(pk=import_id, token=token).update(
                    heartbeat_at=timezone.now()
                ):
                    return True
                last = step(import_id, last)
    ContactImport.objects.filter(pk=import_id, token=token).transition(
        to=ImportState.UNDONE, undone_at=timezone.now()
    )
    return True


def _take_back_changes(import_id: int, _after: int) -> int | None:
    """Restore a chunk of changed people, the latest change first; None when there are no more."""
    changes = list(
        ImportChange.objects.filter(contact_import_id=import_id)
        .order_by("-id")
        .values_list("id", "contact_id", "changes")[:CHUNK_ROWS]
    )
    if not changes:
        return None
    people = {
        row[0]: row[1:]
        for row in Contact.objects.select_for_update()
        .filter(pk__in=[contact_id for _id, contact_id, _changes in changes])
        .order_by("id")
        .values_list("id", "name", "attributes")
    }
    rows: list[tuple[Any, ...]] = []
    for _id, contact_id, change in changes:
        name, attributes = people[contact_id]
        restored = taken_back(change, name=name, attributes=attributes)
        if restored != (name, attributes):
            rows.append((contact_id, restored[0], json.dumps(restored[1], ensure_ascii=False)))
    if rows:
        with connection.cursor() as cursor:
            write_people(cursor, rows, now=timezone.now())
    ImportChange.objects.filter(pk__in=[row[0] for row in changes]).delete()
    return 0


def _take_back_memberships(import_id: int, after: int) -> int | None:
    memberships = Membership.objects.filter(source_import_id=import_id)
    ids = _next_ids(memberships, after)
    if not ids:
        return None
    # Raw: nothing refers to a membership, and collecting what might takes most of the time.
    Membership.objects.filter(pk__in=ids)._raw_delete("default")
    return ids[-1]


def _take_back_people(import_id: int, after: int) -> int | None:
    ids = _next_ids(Contact.objects.filter(source_import_id=import_id), after)
    if not ids:
        return None
    unused = [
        row[0] for row in Contact.objects.filter(~used_elsewhere(), pk__in=ids).values_list("id")
    ]
    # Checked just above, and by the database's foreign keys at the end of the transaction.
    Contact.objects.filter(pk__in=unused)._raw_delete("default")
    return ids[-1]


def _next_ids(rows: QuerySet[Any], after: int) -> list[int]:
    ids = rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    return list(ids[:CHUNK_ROWS])


def used_elsewhere() -> Q:
    """Return the condition "something refers to this person": lists, deliveries, whatever there is.

    Asked of the model itself, so that an app above this one is never forgotten.
    """
    condition = Q(pk__in=())
    for relation in Contact._meta.related_objects:
        column = relation.field.name
        rows = relation.related_model._base_manager.filter(**{column: OuterRef("pk")})
        condition |= Q(Exists(rows))
    return condition
