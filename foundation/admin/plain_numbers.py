"""Numbers as people write them: 7 and 2.5, not 7.0 and 2.50."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from unfold.widgets import UnfoldAdminDecimalFieldWidget


class PlainNumberWidget(UnfoldAdminDecimalFieldWidget):
    """The field of a number with decimal places; a whole number is shown without any."""

    def format_value(self, value: Any) -> str | None:
        """Return the value as people write it; what was typed stays as it is."""
        if isinstance(value, float | Decimal):
            value = format(Decimal(repr(value) if isinstance(value, float) else value), "f")
            value = value.rstrip("0").rstrip(".") if "." in value else value
        shown: str | None = super().format_value(value)
        return shown


def shown_number(value: float | Decimal, places: int = 2) -> str:
    """Return a number for people to read, with at most so many decimal places."""
    exact = round(Decimal(value), places)
    needed = next(n for n in range(places + 1) if round(exact, n) == exact)
    return number_format(exact, needed)
