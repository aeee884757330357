"""A template filter: how long ago something was."""

from __future__ import annotations

from datetime import datetime

from django import template

from foundation.times import age_of

register = template.Library()


@register.filter
def how_long(at: datetime | None) -> str:
    """Return how long ago a moment was, in words; "" for none."""
    return age_of(at) if at else ""
