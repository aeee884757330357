"""Taking an import back: the values it changed, the memberships it added, the people it created.

It works in small transactions, each of which leaves less to do, so another worker can continue if
this one stops. Values that were changed since, and people that something refers to, stay.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from clocks import shared
from contacts.imports.end import end_imports
from contacts.imports.existing_people import write_people
from contacts.imports.merge import taken_back
from contacts.models import Contact, ContactImport, ImportChange, Membership, typed_attributes
from contacts.states import ImportState
from contacts.typed_values.types import readings_of
from foundation.refusals import Refusal

#: Rows that one transaction takes back.
CHUNK_ROWS = 5_000


def request_undo(*, contact_import: ContactImport) -> None:
    """Request that an import is taken back. Wake a worker with `contacts.tasks.wake_import`.

    Raises:
        Refusal: the import has not ended, or was taken back already.
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
    """Take an import back completely; return False if it is not requested, or taken by a worker."""
    taken = ContactImport.objects.abandoned().filter(pk=import_id, state=ImportState.UNDOING)
    if not taken.update(token=F("token") + 1, heartbeat_at=shared.wall()):
        return False
    token = ContactImport.objects.values_list("token", flat=True).get(pk=import_id)
    for step in (_take_back_changes, _take_back_memberships, _take_back_people):
        last: int | None = 0
        while last is not None:
            with transaction.atomic():
                # Checks the fence, and renews the heartbeat.
                if not ContactImport.objects.filter(pk=import_id, token=token).update(
                    heartbeat_at=shared.wall()
                ):
                    return True
                last = step(import_id, last)
    end_imports(
        ContactImport.objects.filter(pk=import_id, token=token),
        to=ImportState.UNDONE,
        undone_at=timezone.now(),
    )
    return True


def _take_back_changes(import_id: int, _after: int) -> int | None:
    """Restore a chunk of changed people, the latest change first; return None after the last."""
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
    types = typed_attributes()
    for _id, contact_id, change in changes:
        if contact_id not in people:  # no key keeps a row whose person somebody deleted by hand
            continue
        name, attributes = people[contact_id]
        restored = taken_back(change, name=name, attributes=attributes)
        if restored != (name, attributes):
            read = readings_of(restored[1], types)
            rows.append(
                (contact_id, restored[0], _as_json(restored[1]), _as_json(read) if read else None)
            )
    if rows:
        with connection.cursor() as cursor:
            write_people(cursor, rows, now=timezone.now())
    ImportChange.objects.filter(pk__in=[row[0] for row in changes]).delete()
    return 0


def _as_json(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False)


def _take_back_memberships(import_id: int, after: int) -> int | None:
    memberships = Membership.objects.filter(source_import_id=import_id)
    ids = _next_ids(memberships, after)
    if not ids:
        return None
    # Raw, because no row refers to a membership, and Django's search for references takes most of
    # the time.
    Membership.objects.filter(pk__in=ids)._raw_delete("default")
    return ids[-1]


def _take_back_people(import_id: int, after: int) -> int | None:
    ids = _next_ids(Contact.objects.filter(source_import_id=import_id), after)
    if not ids:
        return None
    # Locked before the search for references: another import then has either written what it
    # changed, or finds the person gone. No key would tell.
    list(Contact.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    unused = [
        row[0] for row in Contact.objects.filter(~used_elsewhere(), pk__in=ids).values_list("id")
    ]
    # Raw is safe: the query above finds references, and the foreign keys are checked at commit.
    Contact.objects.filter(pk__in=unused)._raw_delete("default")
    return ids[-1]


def _next_ids(rows: QuerySet[Any], after: int) -> list[int]:
    ids = rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    return list(ids[:CHUNK_ROWS])


def used_elsewhere() -> Q:
    """Return the condition that any row refers to a person: a membership, a delivery, and so on.

    It is built from the model's reverse relations, so it includes those of the apps above.
    """
    condition = Q(pk__in=())
    for relation in Contact._meta.related_objects:
        column = relation.field.name
        rows = relation.related_model._base_manager.filter(**{column: OuterRef("pk")})
        condition |= Q(Exists(rows))
    return condition
