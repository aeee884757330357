"""How long ago something was, or how soon it will be, in words."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from clocks import shared
from foundation.times import span

_DAY_SECONDS = 86_400


def how_long(at: datetime | None) -> str:
    """Return how long ago a moment of the wall clock was: as `span`, from two days on in days.

    Args:
        at: the moment; None for a moment that is not known, which is "".
    """
    if at is None:
        return ""
    return _in_words((shared.wall() - at).total_seconds())


def how_soon(at: datetime | None) -> str:
    """Return in how long a moment of the wall clock will be, likewise; "" if it is not known."""
    return "" if at is None else _in_words(max(0.0, (at - shared.wall()).total_seconds()))


def _in_words(seconds: float) -> str:
    days = int(seconds // _DAY_SECONDS)
    return span(seconds) if days < 2 else _("%(n)d days") % {"n": days}
