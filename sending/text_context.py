"""The variables of a message text: about its recipient and the account that sends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Account
from contacts.models import Contact
from foundation.names import blank_if_invisible
from foundation.sentences import Sentence as _
from texts.faults import TextFault, Unsendable
from texts.forbidden import ForbiddenWords
from texts.read_text import read_text
from texts.rendering import CompiledText


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a text may say of a person; much cheaper to make than a `Contact`."""

    uin: int
    name: str
    attributes: Any
    readings: Any


def context_for(
    *, contact: Contact | Recipient | None, account: Account | None, nickname: str = ""
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


def sendable_text(
    compiled: CompiledText,
    context: Mapping[str, Any],
    *,
    now: datetime | None,
    forbidden: ForbiddenWords | None = None,
) -> str:
    """Return the text for one contact, as it can be stored and sent.

    Args:
        compiled: the text.
        context: its variables, from `context_for`.
        now: the time that the text tells, in its campaign's time zone.
        forbidden: the words that no text may hold; None for none.

    Raises:
        Unsendable: it cannot be made, or holds a forbidden word or characters that cannot be sent.
    """
    text = compiled.render(context, now=now)
    # A text that is not UTF-8 can be neither stored nor sent. A NUL would cut the stored text, and
    # a replay would not be identical.
    try:
        is_sendable = b"\0" not in text.encode()
    except UnicodeEncodeError:
        is_sendable = False
    if not is_sendable:
        raise Unsendable(
            TextFault.RENDER_ERROR, _("The text holds characters that cannot be sent.")
        )
    # A name or an attribute can bring a word that the text itself does not hold.
    refuse_forbidden(text, forbidden=forbidden)
    return text


def refuse_forbidden(text: str, *, forbidden: ForbiddenWords | None) -> None:
    """Refuse to send a text that holds a forbidden word.

    Raises:
        Unsendable: it does.
    """
    if forbidden is not None and forbidden.first_in(text) is not None:
        raise Unsendable(TextFault.FORBIDDEN_WORD, _("The text holds a forbidden word."))


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
