"""Columns of pages that show a stored sentence under the name that readers expect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from foundation.display import EMPTY


def details(field: str) -> Callable[[Any, Model], str]:
    """Return a column that shows a field with a stored sentence.

    Args:
        field: the name of the field. Its own name, "in words", says what it is to programmers.
    """

    @display(description=_("details"))
    def column(_admin: Any, row: Model) -> str:
        return str(getattr(row, field)) or EMPTY

    return column
