"""The kinds of events, and the states of endpoints and of their messages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.states import StateTable


class EventKind(models.TextChoices):
    """What happened; the names are part of the interface."""

    DELIVERY_ENDED = "delivery.ended", _("a delivery ended")
    MESSAGE_RECEIVED = "message.received", _("a message was received")
    FRIEND_REQUEST = "friend_request.received", _("a friend request was received")
    OPT_OUT = "person.opted_out", _("a person opted out")
    RUN_STATE = "run.state", _("a run changed its state")
    ACCOUNT_STATE = "account.state", _("an account changed its state")
    IMPORT_ENDED = "import.ended", _("an import ended")
    RULE_MATCHED = "rule.matched", _("a rule matched a message")


#: Kinds that an endpoint chooses; a rule names its endpoint itself.
CHOSEN = tuple(kind for kind in EventKind if kind != EventKind.RULE_MATCHED)
#: The kind of a test, which no endpoint chooses.
TEST = "webhook.test"


class EndpointState(models.TextChoices):
    """Whether an endpoint is called; a failing one collects events, a disabled one does not."""

    ACTIVE = "active", _("active")
    FAILING = "failing", _("failing")
    DISABLED = "disabled", _("disabled")


ENDPOINT_STATES = StateTable(
    {
        EndpointState.ACTIVE: (EndpointState.FAILING, EndpointState.DISABLED),
        EndpointState.FAILING: (EndpointState.ACTIVE, EndpointState.DISABLED),
        EndpointState.DISABLED: (EndpointState.ACTIVE,),
    }
)
#: Endpoints for which events are written down.
COLLECTING_STATES = (EndpointState.ACTIVE, EndpointState.FAILING)


class MessageState(models.TextChoices):
    """What became of a message to an endpoint."""

    QUEUED = "queued", _("queued")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("failed")


MESSAGE_STATES = StateTable(
    {
        MessageState.QUEUED: (MessageState.DELIVERED, MessageState.FAILED),
        MessageState.DELIVERED: (MessageState.QUEUED,),
        MessageState.FAILED: (MessageState.QUEUED,),
    }
)
