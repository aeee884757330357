"""Registers the hooks of conversations in the apps below."""

from __future__ import annotations

from campaigns.models.owners import register_owner
from contacts.people.erase import register_eraser
from conversations.contacts_hooks.erase import erase


def register() -> None:
    """Register the owner of answers' runs, and the erasure of a person."""
    register_owner("answer_run")
    register_eraser(erase)
