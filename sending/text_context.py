"""What a message text may use of the person it is for and of the account that sends it."""

from __future__ import annotations

from typing import Any

from accounts.models import Account
from contacts.models import Contact
from foundation.sentences import Sentence as _
from texts.faults import TextFault, Unsendable


def context_for(
    *, contact: Contact | None, account: Account | None, nickname: str = ""
) -> dict[str, Any]:
    """Return what a text may use for one contact.

    Args:
        contact: the person; their attributes are there at the top and below `attributes`. One
            that is named like something built in is reached below `attributes` only. None when
            the person was deleted after planning.
        account: the account that sends, or None when none does.
        nickname: what the person is called in that account's friend list.

    Raises:
        Unsendable: there is no such person any more.
    """
    if contact is None:
        raise Unsendable(TextFault.RENDER_ERROR, _("The contact was deleted."))
    attributes = contact.attributes if isinstance(contact.attributes, dict) else {}
    return {
        **attributes,
        "attributes": attributes,
        "uin": contact.uin,
        "name": contact.name,
        "nickname": nickname,
        "account": {
            "uin": account.uin if account else "",
            "name": account.name if account else "",
        },
    }
