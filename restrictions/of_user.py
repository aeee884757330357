"""The restriction of a user."""

from __future__ import annotations

from typing import Any

from restrictions.models import Restriction

_KEPT = "kept_restriction"


def restriction_of(user: Any) -> Restriction | None:
    """Return the restriction of a user, read once for each request; a superuser never has one."""
    if user is None or not user.is_authenticated or user.is_superuser:
        return None
    # request.user is lazy: what is set on it is set on the user. It is read anew each time.
    if not hasattr(user, _KEPT):
        setattr(user, _KEPT, Restriction.objects.filter(user_id=user.pk).first())
    found: Restriction | None = getattr(user, _KEPT)
    return found
