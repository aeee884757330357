"""Tells a request that a web page of another site had a browser make."""

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

#: What browsers say of a request that no other site made.
_OWN: Final = {"same-origin", "none"}


def is_from_another_site(headers: Mapping[str, str]) -> bool:
    """Return whether a browser sent the request for a page of another site.

    Programs send neither Origin nor Sec-Fetch-Site. A host with a dot that is no address may be
    the attacker's own name, which now leads here (DNS rebinding), so it is another site too.

    Args:
        headers: of the request, with names in lower case.
    """
    host = headers.get("host", "")
    if "sec-fetch-site" in headers and headers["sec-fetch-site"].lower() not in _OWN:
        return True
    if "origin" in headers and headers["origin"].lower() != f"http://{host}".lower():
        return True
    return not _is_local_name(host)


def _is_local_name(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if "." not in name.rstrip(".") and ":" not in name:
        return True  # localhost, a container's name, or no host at all
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
