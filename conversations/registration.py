"""Registers the hooks of conversations in the apps below."""

from __future__ import annotations

from accounts.inbound_handlers import register_inbound_handler
from accounts.webhook_events import tell_messages
from campaigns.models.owners import register_owner
from contacts.people.erase import register_eraser
from contacts.people.person_page import register_section
from conversations.contacts_hooks.erase import erase, erase_events
from conversations.contacts_hooks.person_section import conversations
from conversations.keeping.inbound import note_inbound
from conversations.models import CannedAnswer
from conversations.rules.apply import apply_rules
from conversations.rules.uses import register_uses
from foundation.deletion import Uses, register_uses_finder
from foundation.sentences import Sentence as _


def register() -> None:
    """Register what is done with a message that arrives, and what a person's page and erasure need.

    Apps above register their handlers later, so these find the conversations of new messages.
    """
    register_owner("answer_run")
    register_inbound_handler(note_inbound)
    register_inbound_handler(tell_messages)
    register_inbound_handler(apply_rules)
    register_eraser(erase)
    register_eraser(erase_events)
    register_uses()
    register_section("conversations", conversations)
    register_uses_finder(CannedAnswer, uses_of_canned_answer)


def uses_of_canned_answer(answer: CannedAnswer) -> Uses:
    """Return what is lost with a canned answer."""
    return Uses(losing=(_("The text is deleted. Answers that were sent with it keep theirs."),))
