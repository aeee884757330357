"""The services that assign a conversation and write its note."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from conversations.models import Conversation
from foundation.characters import is_storable
from foundation.refusals import Refusal

#: The most characters of a note.
LONGEST_NOTE = 5_000


def assign_conversation(*, conversation: Conversation, to: Any) -> bool:
    """Assign a conversation to an operator, or to nobody; return whether that changed.

    Args:
        conversation: the conversation.
        to: the operator; None for nobody.

    Raises:
        Refusal: the operator cannot see conversations (`operator_cannot`).
    """
    if to is not None and not to.has_perm("conversations.view_conversation"):
        raise Refusal(
            _("%(name)s may not see conversations: give the operator a role that may.")
            % {"name": to.get_username()},
            code="operator_cannot",
        )
    row = Conversation.objects.filter(pk=conversation.pk)
    # `~Q(assignee=x)` holds for rows without an assignee too: Django adds the test for NULL.
    return bool(row.filter(~Q(assignee=to)).update(assignee=to))


def write_note(*, conversation: Conversation, note: str) -> bool:
    """Replace the note of a conversation; return whether it changed.

    Raises:
        Refusal: it is too long (`note_too_long`) or cannot be stored (`unstorable`).
    """
    text = note.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_NOTE:
        raise Refusal(
            _("A note has at most %(most)s characters.") % {"most": f"{LONGEST_NOTE:,}"},
            code="note_too_long",
        )
    if not is_storable(text):
        raise Refusal(_("The note holds characters that cannot be stored."), code="unstorable")
    return bool(
        Conversation.objects.filter(pk=conversation.pk).exclude(note=text).update(note=text)
    )
