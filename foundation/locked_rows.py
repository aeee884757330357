"""A row as it is now, locked until the end of the transaction."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

Row = TypeVar("Row", bound=Model)


def locked_row(row: Row) -> Row:
    """Return a row as it is now, locked until the end of the caller's transaction.

    Raises:
        Refusal: it has been deleted (`gone`).
    """
    found: Row | None = type(row)._base_manager.select_for_update().filter(pk=row.pk).first()
    if found is None:
        raise Refusal(_("“%(name)s” has been deleted meanwhile.") % {"name": str(row)}, code="gone")
    return found
