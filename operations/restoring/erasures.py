"""Erases again who was erased since the backup."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from accounts.models import Friend, InboundMessage
from contacts.models import Contact
from contacts.people.erase import erase_person
from contacts.people.erasures import erasures_file, listed, read_list
from sending.models import Delivery
from sending.runs.deliveries import move_deliveries
from sending.states import OPEN_DELIVERY_STATES, DeliveryState, Reason


def erase_again(*, path: Path | None = None) -> int | None:
    """Erase everybody of the database who is on the list of erasures; return how many.

    Args:
        path: the list; None for this host's own.

    Returns:
        None if there is no such list: then who was erased since the backup is not known.
    """
    hashes = read_list(path or erasures_file())
    if hashes is None:
        return None
    people = set(listed(_uins(), hashes))
    for uin in sorted(people):
        _settle_deliveries(uin)
        contact, _is_new = Contact.objects.get_or_create(uin=uin)
        erase_person(contact=contact)
    return len(people)


def _uins() -> Iterable[int]:
    """Yield the UIN of everybody of whom the database knows something, some more than once."""
    return chain.from_iterable(
        model.objects.order_by().values_list("uin", flat=True).distinct().iterator()
        for model in (Contact, InboundMessage, Friend)
    )


def _settle_deliveries(uin: int) -> None:
    """End a person's open deliveries: they were settled before the person was erased."""
    rows = Delivery.objects.filter(uin=uin)
    move_deliveries(
        deliveries=rows.filter(state__in=OPEN_DELIVERY_STATES),
        to=DeliveryState.UNKNOWN,
        reason=Reason.RESTORED,
    )
    move_deliveries(
        deliveries=rows.filter(state=DeliveryState.UNKNOWN),
        to=DeliveryState.FAILED,
        reason=Reason.RESTORED,
    )
