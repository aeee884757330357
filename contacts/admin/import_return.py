"""Where an import leads back to, when it was begun from another page of the console."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from contacts.models import ContactImport

#: The session's key of the addresses by import, and how many of them are kept.
SESSION_KEY, MOST_KEPT = "import_returns", 20


def remember_return(request: HttpRequest, found: ContactImport) -> None:
    """Keep the address of the page from which an import was begun, if the request names one."""
    address = request.GET.get("next", "")
    is_ours = address.startswith("/") and url_has_allowed_host_and_scheme(
        address, allowed_hosts=None
    )
    if is_ours and len(address) < 500:
        kept = list(request.session.get(SESSION_KEY, {}).items())[-MOST_KEPT + 1 :]
        request.session[SESSION_KEY] = {**dict(kept), str(found.pk): address}


def return_address(request: HttpRequest, found: ContactImport) -> str:
    """Return that address, with the import's list for the page to choose; "" if there is none."""
    address = request.session.get(SESSION_KEY, {}).get(str(found.pk), "")
    if not address or found.contact_list_id is None:
        return ""
    return f"{address}{'&' if '?' in address else '?'}list={found.contact_list_id}"
