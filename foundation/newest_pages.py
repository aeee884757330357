"""Pages of rows for commands and the API, newest first: by key, so that `next` is one number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)

#: The most rows of a page, whatever is asked for.
MOST_LISTED = 1_000
#: Above every key, and within what both databases compare.
_HIGHEST = 2**62


def newest_page(rows: QuerySet[Row], options: Mapping[str, Any]) -> tuple[list[Row], int | None]:
    """Return a page of rows, and the key after which the next page begins; None: it is the last.

    Args:
        rows: the rows.
        options: `limit`, the number of rows, and `after`, the `next` of the page before or 0.
    """
    if options["after"] > 0:
        rows = rows.filter(pk__lt=min(options["after"], _HIGHEST))
    most = max(1, min(options["limit"], MOST_LISTED))
    found = list(rows.order_by("-pk")[: most + 1])
    return found[:most], found[most - 1].pk if len(found) > most else None
