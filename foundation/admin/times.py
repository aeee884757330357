"""Columns of pages that show a moment of the shared time in the time of the wall clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import display_for_value
from django.db.models import Model
from unfold.decorators import display

from clocks import shared
from foundation.display import EMPTY


def wall_time(field: str, description: Any) -> Callable[[Any, Model], str]:
    """Return a column that shows a field in the wall clock's time.

    The engine dates some fields by the shared time (decision 0016). It differs from the wall clock
    once the database's clock was set.

    Args:
        field: the name of the field, by which the column also sorts.
        description: the column's title.
    """

    @display(description=description, ordering=field)
    def column(_admin: Any, row: Model) -> str:
        at: datetime | None = getattr(row, field)
        # As text: on a row's own page Django does not localize what a column returns.
        return display_for_value(at and shared.as_wall(at), EMPTY)

    return column
