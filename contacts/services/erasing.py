"""Erasing a person on request: what identifies them goes, the sums stay true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import Contact, Suppression, SuppressionReason
from contacts.services.suppressions import suppress
from foundation.refusals import Refusal

#: Removes what an app above holds of a person, or raises Refusal when that cannot be now.
Eraser: TypeAlias = Callable[[Contact], None]
_erasers: list[Eraser] = []


def register_eraser(erase: Eraser) -> None:
    """Let an app above remove what it holds of an erased person, in the same transaction."""
    if erase not in _erasers:
        _erasers.append(erase)


def erase_person(*, contact: Contact, keeps_suppression: bool = True, by: Any = None) -> None:
    """Remove a person: name, attributes, lists, history of imports, texts sent to them and by them.

    Deliveries stay as rows without a person, so that every report adds up as before.

    Args:
        contact: whom.
        keeps_suppression: keep the bare UIN on the suppression list, so that no later file brings
            the person back into a campaign. False removes the UIN too.
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
        Suppression.objects.filter(uin=person.uin).exclude(contact_list=None).delete()
        if keeps_suppression:
            Suppression.objects.filter(uin=person.uin).delete()
            suppress(uins=[person.uin], reason=SuppressionReason.ERASED, source=str(by or ""))
        else:
            Suppression.objects.filter(uin=person.uin).delete()
        # Memberships and imported changes go with the row.
        person.delete()
