"""Erase a person from conversations and answers. Registered at start-up."""

from __future__ import annotations

from django.utils.translation import gettext as _

from contacts.models import Contact
from conversations.models import Answer, Conversation
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.states import DeliveryState
from webhooks.erase import erase_from_outbox

#: States in which the engine, or an operator, may still act on a delivery.
_UNSETTLED = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN)


def erase(contact: Contact) -> None:
    """Delete a person's conversations with their notes and labels, and the texts of answers.

    The deliveries of the answers stay, without the person, because the figures count them.

    Raises:
        Refusal: an answer to the person is open or unknown (`open_delivery`).
    """
    conversations = Conversation.objects.filter(uin=contact.uin)
    answers = Answer.objects.filter(conversation__in=conversations)
    if answers.filter(delivery__state__in=_UNSETTLED).exists():
        raise Refusal(
            _(
                "An answer to this person is still open or unknown. Wait until it is sent, or "
                "settle it on the page of its delivery, then erase again."
            ),
            code="open_delivery",
        )
    # The empty text also keeps a retry from sending: a delivery without a text is not sent.
    Delivery.objects.filter(pk__in=list(answers.values_list("delivery", flat=True))).update(
        uin=0, text=""
    )
    conversations.delete()


def erase_events(contact: Contact) -> None:
    """Delete the events about a person that webhooks were told of, or wait to be."""
    erase_from_outbox([contact.uin])
