"""A token for JSON. The keys are a public interface."""

from __future__ import annotations

from typing import Any

from api.models import Token
from foundation.times import utc_iso


def token_data(token: Token) -> dict[str, Any]:
    """Return a token without its secret."""
    return {
        "user": token.user.get_username(),
        "name": token.name,
        "scope": token.scope,
        "begins_with": token.start,
        "created_at": utc_iso(token.created_at),
        "expires_at": utc_iso(token.expires_at),
        "revoked_at": utc_iso(token.revoked_at),
        "last_used_at": utc_iso(token.last_used_at),
    }
