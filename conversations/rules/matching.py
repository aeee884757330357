"""Which messages a rule fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accounts.models import Account, InboundKind, InboundMessage
from contacts.models import Contact
from contacts.segments.audience import audience_contacts
from conversations.models import ReplyRule, RuleWords
from foundation.queries import chunks
from texts.replies import ReplyWords, plain_reply


def fitting(rule: ReplyRule, messages: Sequence[InboundMessage]) -> list[InboundMessage]:
    """Return the messages of people that meet all conditions of a rule, in their order.

    Words are compared first: they need no query, and few messages are left for the others.

    Raises:
        Refusal: the rule's segment cannot be evaluated.
    """
    found = [message for message in messages if message.kind == InboundKind.USER]
    found = _with_words(rule, found)
    if found:
        found = _to_accounts(rule, found)
    if found:
        found = _from_people(rule, found)
    return found


def words_of(rule: ReplyRule) -> list[str]:
    """Return the words of a rule, each on a line of its field."""
    return [line.strip() for line in rule.words.splitlines() if plain_reply(line)]


def _with_words(rule: ReplyRule, messages: Iterable[InboundMessage]) -> list[InboundMessage]:
    words = words_of(rule)
    if not words:
        return list(messages)
    if rule.match == RuleWords.CONTAINS:
        keys = [plain_reply(word) for word in words]
        plain = [(message, plain_reply(message.text)) for message in messages]
        return [message for message, text in plain if any(key in text for key in keys)]
    may_go_on = rule.match == RuleWords.BEGINS
    known = ReplyWords(
        ((word.rstrip("?？"), may_go_on, word) for word in words), are_in_questions=True
    )
    return [message for message in messages if known.found_in(message.text) is not None]


def _to_accounts(rule: ReplyRule, messages: list[InboundMessage]) -> list[InboundMessage]:
    """Return those to one of the rule's accounts, or to an account with one of its labels."""
    chosen = set(rule.accounts.values_list("pk", flat=True))
    labels = list(rule.account_labels.values_list("pk", flat=True))
    if not chosen and not labels:
        return messages
    if labels:
        asked = {message.account_id for message in messages}
        chosen |= set(
            Account.objects.filter(pk__in=asked, labels__in=labels).values_list("pk", flat=True)
        )
    return [message for message in messages if message.account_id in chosen]


def _from_people(rule: ReplyRule, messages: list[InboundMessage]) -> list[InboundMessage]:
    """Return those from people in one of the rule's lists or in its segment."""
    lists = list(rule.lists.all())
    segments = [rule.segment] if rule.segment is not None else []
    if not lists and not segments:
        return messages
    people = audience_contacts(lists=lists, segments=segments)
    uins: set[int] = set()
    for chunk in chunks(sorted({message.uin for message in messages})):
        among = Contact.objects.filter(uin__in=chunk).values("pk")
        uins |= set(people.filter(pk__in=among).values_list("uin", flat=True))
    return [message for message in messages if message.uin in uins]
