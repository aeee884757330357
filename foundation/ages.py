"""How long ago something was, in words."""

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
    seconds = (shared.wall() - at).total_seconds()
    days = int(seconds // _DAY_SECONDS)
    return span(seconds) if days < 2 else _("%(n)d days") % {"n": days}
