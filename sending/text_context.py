"""The variables of a message text: about its recipient and the account that sends it."""

from __future__ import annotations

from typing import Any

from accounts.models import Account
from contacts.models import Contact
from foundation.names import blank_if_invisible
from foundation.sentences import Sentence as _
from texts.faults import TextFault, Unsendable
from texts.read_text import read_text


def context_for(
    *, contact: Contact | None, account: Account | None, nickname: str = ""
) -> dict[str, Any]:
    """Return the variables of a text for one contact.

    Args:
        contact: the recipient. Their attributes are variables themselves and also members of
            `attributes`; an attribute with the name of a built-in variable is only a member. A
            value that was read as its type is printed as people wrote it and compared as it. None
            if the contact was deleted after planning.
        account: the account that sends, or None for a preview without one.
        nickname: the recipient's nickname in that account's friend list.

    Raises:
        Unsendable: the contact was deleted.
    """
    if contact is None:
        raise Unsendable(TextFault.RENDER_ERROR, _("The contact was deleted."))
    attributes = _shown(contact.attributes) if isinstance(contact.attributes, dict) else {}
    if contact.readings:
        attributes = _with_readings(attributes, contact.readings)
    return {
        **attributes,
        "attributes": attributes,
        "uin": contact.uin,
        "name": blank_if_invisible(contact.name),
        "nickname": blank_if_invisible(nickname),
        "account": {
            "uin": account.uin if account else "",
            "name": blank_if_invisible(account.name) if account else "",
        },
    }


def _shown(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes; a text that shows nothing is blank, so that `default` takes over."""
    return {
        name: blank_if_invisible(value) if isinstance(value, str) else value
        for name, value in attributes.items()
    }


def _with_readings(attributes: dict[str, Any], readings: dict[str, Any]) -> dict[str, Any]:
    given = dict(attributes)
    for name, reading in readings.items():
        if isinstance(given.get(name), str):
            given[name] = read_text(given[name], reading)
    return given
