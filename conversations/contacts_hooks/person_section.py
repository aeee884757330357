"""The conversations on a person's page. Registered at start-up."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.people.person_page import Section
from conversations.models import Conversation

#: The most rows that the section shows.
MOST_ROWS = 200


def conversations(contact: Contact) -> Section:
    """Return the conversations with a person, the newest first, each linked to the inbox."""
    rows = Conversation.objects.filter(uin=contact.uin).newest_first()
    shown = list(rows.select_related("account", "assignee")[: MOST_ROWS + 1])
    titles = [_("account"), _("state"), _("unread"), _("assigned to"), _("last message"), _("text")]
    return Section(
        "conversations",
        _("Conversations"),
        titles,
        [_cells(row) for row in shown[:MOST_ROWS]],
        is_complete=len(shown) <= MOST_ROWS,
    )


def _cells(row: Conversation) -> tuple[Any, ...]:
    # Also a closed one, or one of somebody else's.
    page = f"{reverse('admin:conversations_conversation_changelist')}?box=all&c={row.pk}"
    return (
        format_html('<a class="q-link" href="{}">{}</a>', page, row.account),
        row.get_state_display(),
        row.unread,
        row.assignee.get_username() if row.assignee is not None else "",
        row.last_message_at,
        row.preview,
    )
