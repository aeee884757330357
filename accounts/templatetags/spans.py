"""A template filter: how long ago something was."""

from __future__ import annotations

from datetime import datetime

from django import template

from clocks import shared
from foundation.times import age

register = template.Library()


@register.filter
def how_long(at: datetime | None) -> str:
    """Return how long ago a moment of the wall clock was, in words; "" for none."""
    return age((shared.wall() - at).total_seconds()) if at else ""
