"""The handler of inbound messages that applies the rules.

It runs in the transaction that stores the messages, after the handler that makes conversations.
What a rule does in the database is done there. An answer is only noted: a tick makes and sends it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from accounts.models import InboundMessage
from accounts.webhook_events import inbound_events
from clocks import shared
from contacts.lists.add_people import add_people
from contacts.models import Contact, SuppressionReason
from contacts.suppressions import suppress
from conversations.models import Conversation, ReplyRule, RuleAnswer
from conversations.rules.matching import fitting
from conversations.work.assign import assign_conversation
from foundation.failures import is_shared_failure, traceback_without_messages
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from webhooks.outbox.subscribers import subscriber
from webhooks.outbox.tell import write_messages
from webhooks.states import EventKind

log = logging.getLogger(__name__)


def apply_rules(messages: Sequence[InboundMessage]) -> None:
    """Apply the rules that are on, in their order, to messages that were stored just now.

    A rule that fails has done nothing, and says why on its page; the others apply.
    """
    left = list(messages)
    for rule in ReplyRule.objects.filter(is_on=True).select_related("segment", "assignee"):
        if not left:
            return
        done = {message.pk for message in _applied(rule, left)}
        if rule.is_last:
            left = [message for message in left if message.pk not in done]


def _applied(rule: ReplyRule, messages: Sequence[InboundMessage]) -> list[InboundMessage]:
    """Apply one rule; return the messages that it fits."""
    try:
        with transaction.atomic():
            found = fitting(rule, messages)
            if found:
                _act(rule, found)
    except Exception as problem:
        if isinstance(problem, (OperationalError, InterfaceError)) and is_shared_failure(problem):
            raise
        _note(rule, _why(rule, problem))
        return []
    if rule.problem:
        _note(rule, "")
    return found


def _act(rule: ReplyRule, messages: Sequence[InboundMessage]) -> None:
    counts: Counter[str] = Counter(matched=len(messages))
    labels = list(rule.labels.all())
    for message in messages:
        conversation = Conversation.objects.get(account=message.account_id, uin=message.uin)
        if labels:
            conversation.labels.add(*labels)
            counts["labelled"] += 1
        if rule.assignee is not None:
            counts["assigned"] += assign_conversation(conversation=conversation, to=rule.assignee)
        if rule.answer:
            RuleAnswer.objects.create(
                rule=rule, conversation=conversation, message=message, at=shared.wall()
            )
    uins = {message.uin for message in messages}
    if rule.adds_to_id is not None:
        counts["added"] = _add_to_list(rule.adds_to_id, uins)
    if rule.suppresses:
        source = _("the rule “%(name)s”") % {"name": rule.name}
        counts["suppressed"] = suppress(uins=uins, reason=SuppressionReason.REPLIED, source=source)
    if rule.calls_id is not None:
        _call(rule, messages)
    count(rule.pk, counts)


def _call(rule: ReplyRule, messages: Sequence[InboundMessage]) -> None:
    """Tell the rule's webhook, whatever events it has chosen; a disabled one is told nothing."""
    to = subscriber(rule.calls_id or 0)
    if to is None:
        return
    events = [
        replace(event, data={**event.data, "rule": rule.name}) for event in inbound_events(messages)
    ]
    write_messages(EventKind.RULE_MATCHED, events, to=[to])


def count(rule_id: int, counts: Counter[str]) -> None:
    """Add to the counts of what a rule did."""
    ReplyRule.objects.filter(pk=rule_id).update(**{name: F(name) + n for name, n in counts.items()})


def _add_to_list(list_id: int, uins: set[int]) -> int:
    """Add people to a list, who become contacts if they are none; return how many are new there."""
    Contact.objects.bulk_create((Contact(uin=uin) for uin in sorted(uins)), ignore_conflicts=True)
    return add_people(list_id=list_id, people=Contact.objects.filter(uin__in=uins))


def _why(rule: ReplyRule, problem: Exception) -> str:
    if isinstance(problem, Refusal):
        return problem.sentence
    trace = traceback_without_messages(problem)
    log.error("The rule %d could not be applied:\n%s", rule.pk, trace)
    return _(
        "It failed because of a program error (%(error)s). The workers' log has the details."
    ) % {"error": type(problem).__name__}


def _note(rule: ReplyRule, problem: str) -> None:
    ReplyRule.objects.filter(pk=rule.pk).update(problem=problem)
