"""Registers the hooks of conversations in the apps below."""

from __future__ import annotations

from accounts.inbound_handlers import register_inbound_handler
from campaigns.models.owners import register_owner
from contacts.people.erase import register_eraser
from conversations.contacts_hooks.erase import erase
from conversations.keeping.inbound import note_inbound


def register() -> None:
    """Register what is done with a message that arrives, and the erasure of a person.

    Apps above register their handlers later, so these find the conversations of new messages.
    """
    register_owner("answer_run")
    register_inbound_handler(note_inbound)
    register_eraser(erase)
