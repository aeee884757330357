"""Erasing a person on request: personal data is deleted, the figures of reports stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import Contact, Suppression, SuppressionReason
from contacts.people.erasures import note_erasures
from contacts.suppressions import suppress
from foundation.refusals import Refusal

#: Deletes an app's data about a person, or raises Refusal if that is impossible at the moment.
Eraser: TypeAlias = Callable[[Contact], None]
_erasers: list[Eraser] = []


def register_eraser(erase: Eraser) -> None:
    """Register a function of an app above that deletes its data about an erased person.

    It is called in the transaction that deletes the contact.
    """
    if erase not in _erasers:
        _erasers.append(erase)


def erase_person(*, contact: Contact, by: Any = None) -> None:
    """Delete a person's name, attributes, memberships, imported changes and messages.

    Deliveries stay as rows without a person, so that every report adds up as before. The UIN alone
    stays as a suppression, so that no campaign writes to the person after a later import.

    Args:
        contact: the person.
        by: the operator, stored as the source of the suppression.

    Raises:
        Refusal: a run still has an unsettled message to the person, or the person was erased
            already; nothing is deleted then.
    """
    with transaction.atomic():
        person = Contact.objects.select_for_update().filter(pk=contact.pk).first()
        if person is None:
            raise Refusal(_("This person has been erased already."), code="already_erased")
        for erase in _erasers:
            erase(person)
        # Earlier suppressions are deleted too: their reasons and lists are personal data.
        Suppression.objects.filter(uin=person.uin).delete()
        suppress(uins=[person.uin], reason=SuppressionReason.ERASED, source=str(by or ""))
        uin = person.uin
        # Cascades to memberships and imported changes.
        person.delete()
        transaction.on_commit(lambda: note_erasures([uin]))
