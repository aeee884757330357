"""The queryset of suppressions, and the statement that adds them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now

from foundation.queries import chunks

# If a UIN has two suppressions for the same list, the one that holds longer is kept, with its
# reason and source. So a temporary one neither shortens nor prevents one for good. Of two for good,
# one that a reply made is replaced, because the person could lift it by another reply.
_PUT = """
INSERT INTO contacts_suppression (uin, contact_list_id, reason, source, created_at, until)
VALUES {rows}
ON CONFLICT {target}
DO UPDATE SET until = excluded.until, reason = excluded.reason, source = excluded.source,
              created_at = excluded.created_at
 WHERE (contacts_suppression.until IS NOT NULL
        AND (excluded.until IS NULL OR excluded.until > contacts_suppression.until))
    OR (contacts_suppression.reason = 'replied' AND excluded.reason <> 'replied'
        AND excluded.until IS NULL)
RETURNING id
"""
_COLUMNS = ("uin", "contact_list", "reason", "source", "created_at", "until")
_FOR_ALL = "(uin) WHERE contact_list_id IS NULL"
_FOR_A_LIST = "(uin, contact_list_id)"


class SuppressionQuerySet(models.QuerySet[Any]):
    """Suppressions, those that have ended included."""

    def in_force(self) -> Self:
        """Return those that have no end date or end later, by the database's clock."""
        return self.filter(Q(until=None) | Q(until__gt=Now()))

    def ended(self) -> Self:
        """Return those that hold no longer."""
        return self.filter(until__lte=Now())

    def put(self, rows: Iterable[Any]) -> list[int]:
        """Add unsaved suppressions; where there is one already, the one that holds longer is kept.

        Returns:
            the keys of those that were made, or took the place of another.

        Of two that hold for good, one that a reply made gives way to one that none made.

        The rows are written in the order of their UINs, so that two writers cannot deadlock.
        """
        longest: dict[tuple[int, int], Any] = {}
        for row in rows:
            key = row.uin, row.contact_list_id or 0
            known = longest.get(key)
            if known is None or (known.until and (not row.until or row.until > known.until)):
                longest[key] = row
        written: list[int] = []
        in_order = [longest[key] for key in sorted(longest)]
        for target, chosen in (
            (_FOR_ALL, [row for row in in_order if row.contact_list_id is None]),
            (_FOR_A_LIST, [row for row in in_order if row.contact_list_id is not None]),
        ):
            for chunk in chunks(chosen):
                written += self._put(chunk, target=target)
        return written

    def _put(self, rows: Sequence[Any], *, target: str) -> list[int]:
        fields = [self.model._meta.get_field(name) for name in _COLUMNS]
        line = f"({', '.join(['%s'] * len(fields))})"
        values = [
            field.get_db_prep_save(getattr(row, field.attname), connection)
            for row in rows
            for field in fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(_PUT.format(rows=", ".join([line] * len(rows)), target=target), values)
            return [key for (key,) in cursor.fetchall()]
