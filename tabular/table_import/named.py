"""The base of resources whose rows are identified by a name."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from foundation.names import name_key
from tabular.table_import.resource import TableResource

#: Rows read from the database at a time.
CHUNK = 500


class NamedResource(TableResource):
    """A table whose rows are identified by a name; names that look alike are one."""

    def key_of(self, values: Mapping[str, Any]) -> Hashable:
        """Return the key of the name."""
        return name_key(values["name"])

    def find_known(self, keys: Sequence[Hashable], *, is_locked: bool = False) -> dict[Any, Any]:
        """Return the rows by the key of their name. Such tables are small: all names are read."""
        wanted = set(keys)
        rows = self._meta.model.objects.order_by("pk")
        if is_locked:
            rows = rows.select_for_update()
        named = ((name_key(row.name), row) for row in rows.iterator(chunk_size=CHUNK))
        # If two names from before the rule look alike, the older row is used.
        found: dict[Any, Any] = {}
        for key, row in named:
            if key in wanted:
                found.setdefault(key, row)
        return found
