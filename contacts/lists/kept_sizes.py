"""The numbers of people of lists that PostgreSQL keeps: sums of differences, see migration 0005.

The triggers are exact; they are put together from a count once a day, which also mends them if
somebody has switched the triggers off.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection, transaction

# Without the key, so that members can be added meanwhile.
_LOCK = "SELECT 1 FROM contacts_contactlist WHERE id = %s FOR NO KEY UPDATE"
_SIZES = """
SELECT contact_list_id, sum(n) FROM contacts_listdifference
WHERE contact_list_id = ANY(%s) GROUP BY contact_list_id
"""
#: The size of the list in a query of lists, by which they are sorted.
SIZE_OF_LIST = """
(SELECT coalesce(sum(kept.n), 0) FROM contacts_listdifference AS kept
WHERE kept.contact_list_id = contacts_contactlist.id)
"""
# One statement sees one moment: the differences that it removes are those of the members it counts.
_PUT_TOGETHER = """
WITH gone AS (DELETE FROM contacts_listdifference WHERE contact_list_id = %s)
INSERT INTO contacts_listdifference (contact_list_id, n)
SELECT %s, count(*) FROM contacts_membership WHERE contact_list_id = %s RETURNING n
"""
_FORGET = """
DELETE FROM contacts_listdifference AS kept
WHERE NOT EXISTS (SELECT FROM contacts_contactlist AS list WHERE list.id = kept.contact_list_id)
"""


def are_kept() -> bool:
    """Return whether the database keeps the sizes of lists."""
    return connection.vendor == "postgresql"


def kept_sizes(list_ids: Collection[int]) -> dict[int, int]:
    """Return the sizes of lists, by an index; PostgreSQL only."""
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, [list(list_ids)])
        found = {key: int(n) for key, n in cursor.fetchall()}
    return {key: found.get(key, 0) for key in list_ids}


def put_together(list_id: int) -> int:
    """Count a list, keep the number in place of its differences, and return it; PostgreSQL only."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Two at a time would each remove what it sees, and both add the whole.
        cursor.execute(_LOCK, [list_id])
        cursor.execute(_PUT_TOGETHER, [list_id, list_id, list_id])
        ((n,),) = cursor.fetchall()
    return int(n)


def forget_removed_lists() -> None:
    """Remove the differences of lists that are no more; PostgreSQL only."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)
