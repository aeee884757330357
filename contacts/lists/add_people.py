"""Adding people to a list."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from contacts.models import Contact
from foundation.queries import sql_of


def add_people(*, list_id: int, people: QuerySet[Contact]) -> int:
    """Add people to a list with one INSERT ... SELECT; return how many were not members before."""
    sql, values = sql_of(people.order_by("id").values("id"))
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_membership (contact_list_id, contact_id, added_at) "  # noqa: S608
            f"SELECT %s, person.id, %s FROM ({sql}) AS person WHERE true "
            "ON CONFLICT (contact_list_id, contact_id) DO NOTHING",
            (list_id, now, *values),
        )
        return int(cursor.rowcount)
