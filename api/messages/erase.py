"""The messages of a person who is erased."""

from __future__ import annotations

from django.utils.translation import gettext as _

from api.models import Message
from contacts.models import Contact
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.states import DeliveryState

_UNSETTLED = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN)


def erase(contact: Contact) -> None:
    """Erase a person from the messages of programs. The rows stay: figures count them.

    Raises:
        Refusal: a message to the person is open or unknown (`open_delivery`).
    """
    messages = Message.objects.filter(uin=contact.uin)
    keys = list(messages.values_list("delivery", flat=True))
    if Delivery.objects.filter(pk__in=keys, state__in=_UNSETTLED).exists():
        raise Refusal(
            _("A message by the API to this person is open or unknown. Wait, then erase again."),
            code="open_delivery",
        )
    Delivery.objects.filter(pk__in=keys).update(uin=0, text="")
    messages.update(uin=0)
