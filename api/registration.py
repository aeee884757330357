"""Registers the hooks of the API in the apps below."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy

from api.commands.users_token import TOKEN
from api.messages.erase import erase
from api.messages.in_threads import messages_in_thread
from api.models import Message
from api.request_log import prune
from campaigns.models.owners import register_owner
from contacts.people.erase import register_eraser
from conversations.threads.sources import register_source
from restrictions.managers import register_scope
from restrictions.scopes import accounts_of
from retention.kinds import Kind, register_kind
from users.commands.further_actions import register_action


def register() -> None:
    """Register the runs of messages, their place in threads and in erasing, and `users token`."""
    register_owner("message_run")
    register_eraser(erase)
    register_action(TOKEN)
    register_source(messages_in_thread)
    register_kind(
        Kind(
            "requests",
            gettext_lazy("requests to the API"),
            prune.count_old,
            prune.remove_some,
            prune.nothing_needs_them,
        )
    )
    register_scope(Message, lambda one: Q(delivery__account__in=accounts_of(one)))
