"""How users are printed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from foundation.times import utc_iso
from users.keep import role_name


def as_json(user: User) -> dict[str, Any]:
    """Return a user for machines; never a password."""
    return {
        "name": user.get_username(),
        "role": role_name(user),
        "email": user.email,
        "active": user.is_active,
        "last_login": utc_iso(user.last_login),
    }


def as_line(user: User) -> str:
    """Return a user as a line for people."""
    state = "" if user.is_active else _("disabled")
    parts = (user.get_username(), role_name(user) or _("no role"), user.email, state)
    return "  ".join(part for part in parts if part)
