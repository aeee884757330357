"""Search conversations by what people wrote, by names and by UINs."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from accounts.models import Friend, InboundKind, InboundMessage
from contacts.models import Contact
from foundation.names import without_controls
from tabular.uin_search import uin_digits, uin_starts_with

#: The most characters that are looked for.
LONGEST_SEARCH = 64


def found_by(words: str) -> Q:
    """Return the condition that a search finds a conversation.

    A number finds the people whose UIN begins with it, and texts that hold it. Other words find
    texts of the person that hold them, and people with such a name or nickname.
    """
    text = without_controls(words).strip()[:LONGEST_SEARCH]
    written = InboundMessage.objects.filter(
        uin=OuterRef("uin"),
        account=OuterRef("account"),
        kind=InboundKind.USER,
        text__icontains=text,
    )
    people = Contact.objects.filter(uin=OuterRef("uin"), name__icontains=text)
    friends = Friend.objects.filter(
        uin=OuterRef("uin"), account=OuterRef("account"), nickname__icontains=text
    )
    condition = Q(Exists(written)) | Q(Exists(people)) | Q(Exists(friends))
    digits = uin_digits(text)
    return condition | uin_starts_with(digits) if digits else condition
