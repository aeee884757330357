"""Erasing a person on request: what identifies them goes, the sums stay true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import Contact, Suppression, SuppressionReason
from contacts.suppressions import suppress
from foundation.refusals import Refusal

#: Removes what an app above holds of a person, or raises Refusal when that cannot be now.
Eraser: TypeAlias = Callable[[Contact], None]
_erasers: list[Eraser] = []


def register_eraser(erase: Eraser) -> None:
    """Let an app above remove what it holds of an erased person, in the same transaction."""
    if erase not in _erasers:
        _erasers.append(erase)


def erase_person(*, contact: Contact, by: Any = None) -> None:
    """Remove a person: name, attributes, lists, history of imports, texts sent to them and by them.

    Deliveries stay as rows without a person, so that every report adds up as before. The bare UIN
    stays among the suppressions, so that no later file brings the person back into a campaign.

    Args:
        contact: whom.
        by: the operator, noted with the suppression.

    Raises:
        Refusal: a run still has a message for them; nothing is removed then.
    """
    with transaction.atomic():
        person = Contact.objects.select_for_update().filter(pk=contact.pk).first()
        if person is None:
            raise Refusal(_("This person has been erased already."), code="already_erased")
        for erase in _erasers:
            erase(person)
        # Why and from which list they opted out before goes with the rest of what was known.
        Suppression.objects.filter(uin=person.uin).delete()
        suppress(uins=[person.uin], reason=SuppressionReason.ERASED, source=str(by or ""))
        # Memberships and imported changes go with the row.
        person.delete()
