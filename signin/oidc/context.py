"""What templates know of the provider."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def oidc(_request: HttpRequest) -> dict[str, str]:
    """Return the provider's name for the sign-in page; empty without a provider."""
    return {"oidc_name": settings.OIDC.name if settings.OIDC is not None else ""}
