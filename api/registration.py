"""Registers the hooks of the API in the apps below."""

from __future__ import annotations

from api.commands.users_token import TOKEN
from api.messages.erase import erase
from campaigns.models.owners import register_owner
from contacts.people.erase import register_eraser
from users.commands.further_actions import register_action


def register() -> None:
    """Register the runs of messages, what erasing a person erases here, and `users token`."""
    register_owner("message_run")
    register_eraser(erase)
    register_action(TOKEN)
