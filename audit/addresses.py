"""The address from which a request came, behind as many proxies as the setting says."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address; empty if it is not known, as over a unix socket.

    Every proxy appends the address that it was called from to X-Forwarded-For. TRUSTED_PROXIES says
    how many proxies are our own. What stands further left was written by the client, who may write
    anything.
    """
    proxies: int = settings.TRUSTED_PROXIES
    found = str(request.META.get("REMOTE_ADDR", ""))
    if proxies:
        named = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",")]
        named = [one for one in named if one]
        if named:
            found = named[-proxies] if len(named) >= proxies else named[0]
    try:
        return str(ipaddress.ip_address(found))
    except ValueError:
        return ""
