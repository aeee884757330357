"""Services for canned answers: saved, found, and made for a person."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from campaigns.writing.check import checked_text
from campaigns.writing.preview import preview_text
from contacts.models import Contact
from conversations.models import CannedAnswer, Conversation
from foundation.find_named import find_named
from foundation.refusals import Refusal


def save_canned(*, name: str, text: str, by: Any = None) -> CannedAnswer:
    """Create a canned answer, or give the one of this name another text.

    Args:
        name: its name.
        text: its text, with the variables of a template.
        by: the operator, for the history.

    Raises:
        Refusal: the name cannot be one.
        TextProblem: the text cannot be compiled, or holds a forbidden word.
    """
    checked_text(text)
    row: Any = CannedAnswer.objects.all().named(name) or CannedAnswer(name=name)
    row.text = text
    if by is not None:
        row._history_user = by
    row.save()
    saved: CannedAnswer = row
    return saved


def find_canned(*, name: str) -> CannedAnswer:
    """Return the canned answer of a name.

    Raises:
        Refusal: there is none (`canned_unknown`).
    """
    missing = _("There is no canned answer “%(name)s”.")
    return find_named(CannedAnswer, name, missing=missing, code="canned_unknown")


def text_for(*, conversation: Conversation, text: str) -> str:
    """Return a text with variables, made for the person of a conversation.

    It has the variables of a template. A person who is no contact has a UIN and a nickname only.

    Raises:
        Refusal: the text cannot be made for the person (`text_unsendable`).
    """
    person = Contact.objects.filter(uin=conversation.uin).first() or Contact(uin=conversation.uin)
    made = preview_text(text=text, person=person, account=conversation.account)
    if made.problem or not made.text:
        raise Refusal(
            _("The text cannot be made for %(uin)s: %(why)s")
            % {"uin": conversation.uin, "why": made.problem or _("it is empty.")},
            code="text_unsendable",
        )
    return made.text
