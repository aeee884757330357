"""Registers the hooks of the API in the apps below."""

from __future__ import annotations

from api.messages.erase import erase
from campaigns.models.owners import register_owner
from contacts.people.erase import register_eraser


def register() -> None:
    """Register the runs of messages, and what erasing a person erases here."""
    register_owner("message_run")
    register_eraser(erase)
