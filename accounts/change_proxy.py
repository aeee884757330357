"""Change an egress's proxy: whoever controls it can read the logins of its accounts."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from accounts.models import Egress
from foundation.refusals import Refusal

SCHEMES = {"http", "https", "socks5", "socks5h", "socks4"}


def change_proxy(egress: Egress, proxy: str) -> bool:
    """Set an egress's proxy; return whether it is another one than before.

    A running worker of the egress uses it with its next connection.

    Args:
        egress: the egress.
        proxy: http://host:port or socks5://host:port, with or without a login; empty: none.

    Raises:
        Refusal: this is not the address of a proxy.
    """
    proxy = proxy.strip()
    if proxy and not is_proxy(proxy):
        raise Refusal(
            _("This is not the address of a proxy: write http://host:port or socks5://host:port."),
            code="not_a_proxy",
        )
    if proxy == egress.proxy:
        return False
    egress.proxy = proxy
    egress.save(update_fields=["proxy"])
    return True


def is_proxy(url: str) -> bool:
    """Return whether a URL is the address of a proxy: a scheme, a host and a port."""
    try:
        parts = urlsplit(url)
        return parts.scheme in SCHEMES and bool(parts.hostname) and parts.port is not None
    except ValueError:
        return False
