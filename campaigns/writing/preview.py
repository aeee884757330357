"""Render a text for a real person, count its characters, and find what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import Account, Friend
from campaigns.writing.check import checked_text
from clocks import shared
from contacts.models import Contact
from contacts.segments.bounded import bounded
from foundation.characters import is_storable
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from foundation.uins import UIN_MAX, UIN_MIN
from sending.forbidden_words import refusing_words
from sending.text_context import context_for, sendable_text
from tabular.numbers import CellProblem, qq_number
from texts.faults import Unsendable
from texts.rendering import longest_text

#: Seconds that looking for a person by name may take.
SEARCH_SECONDS = 2
#: The most people that a search finds, and the most characters it looks for.
MOST_PEOPLE, LONGEST_SEARCH = 6, 64


@dataclass(frozen=True, slots=True)
class TextPreview:
    """A text for one person.

    Attributes:
        text: the rendered text; "" if it cannot be made.
        problem: what is wrong, as a sentence; "" if nothing is.
        code: a short name of the problem.
        line, column: where in the text as it was written; 0 if that is not known.
    """

    text: str = ""
    problem: str = ""
    code: str = ""
    line: int = 0
    column: int = 0

    @property
    def characters(self) -> int:
        """The number of characters (Unicode code points), which the limit counts."""
        return len(self.text)

    @property
    def byte_count(self) -> int:
        """The number of bytes in UTF-8, as the protocol sends it."""
        return len(self.text.encode("utf-8", "replace"))

    @property
    def longest(self) -> int:
        """How many characters a text may have."""
        return longest_text()


def preview_text(
    *,
    text: str,
    person: Contact | None,
    account: Account | None = None,
    zone: str = "",
    given: Mapping[str, str] | None = None,
) -> TextPreview:
    """Return a text rendered for a person. Nothing is written or sent.

    Args:
        text: the text as an operator wrote it.
        person: the person; None: a person without a name and attributes.
        account: the account that would send.
        zone: the time zone in which the text tells the time; empty: the console's.
        given: texts of snippets by `name_key`, in place of those in the database.
    """
    if not text.strip():
        return TextPreview()
    try:
        compiled = checked_text(text, given=given)
    except Refusal as refusal:
        place = {name: refusal.details.get(name, 0) for name in ("line", "column")}
        return TextPreview(problem=refusal.sentence, code=refusal.code, **place)
    someone = person if person is not None else Contact(uin=UIN_MIN)
    now = shared.wall().astimezone(ZoneInfo(zone or timezone.get_current_timezone_name()))
    try:
        made = sendable_text(
            compiled,
            context_for(contact=someone, account=account, nickname=nickname_of(someone, account)),
            now=now,
        )
    except Unsendable as fault:
        return TextPreview(problem=str(fault.sentence), code=fault.reason.value)
    words = refusing_words()
    found = words.first_in(made) if words is not None else None
    if found is None:
        return TextPreview(made)
    sentence = _("For this person the text holds the forbidden word “%(word)s”.")
    return TextPreview(made, problem=sentence % {"word": found.word}, code="forbidden_word")


def find_people(words: str) -> list[Contact]:
    """Return the person with a UIN, or people by their name; without a text, one person.

    People whose names begin with the text are found by an index. All names are read for a part of
    one only if nobody's begins so.

    Raises:
        Refusal: the search takes too long (`too_slow`).
    """
    words = words.strip()[:LONGEST_SEARCH]
    people: Any = Contact.objects.order_by("pk")
    if not words:
        return list(people[:1])
    if not is_storable(words):
        return []
    try:
        return list(people.filter(uin=qq_number(words, least=UIN_MIN, most=UIN_MAX)))
    except CellProblem:
        pass
    try:
        with bounded(SEARCH_SECONDS):
            beginning = list(people.filter(name__istartswith=words)[:MOST_PEOPLE])
            return beginning or list(people.filter(name__icontains=words)[:MOST_PEOPLE])
    except Refusal:
        raise Refusal(
            _("Looking for this name takes too long. Look for the person's UIN instead."),
            code="too_slow",
        ) from None


def sender_for(person: Contact | None) -> Account | None:
    """Return an account that has a person as a friend, else any account, else None."""
    if person is not None:
        friend = (
            Friend.objects.current()
            .filter(uin=person.uin)
            .select_related("account")
            .order_by("account_id")
            .first()
        )
        if friend is not None:
            found: Account = friend.account
            return found
    return Account.objects.order_by("pk").first()


def nickname_of(person: Contact, account: Account | None) -> str:
    """Return a person's nickname in an account's friend list, "" if it is not known."""
    if account is None:
        return ""
    friend = Friend.objects.current().filter(account=account, uin=person.uin).first()
    return friend.nickname if friend is not None else ""
