"""The states of a conversation."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.states import StateTable


class ConversationState(models.TextChoices):
    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")


_C = ConversationState

CONVERSATION_STATES = StateTable({_C.OPEN: {_C.CLOSED}, _C.CLOSED: {_C.OPEN}})
