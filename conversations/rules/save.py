"""The services that make rules, find them, and switch them on and off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from campaigns.writing.check import checked_text
from contacts.models import ContactList, Segment
from conversations.models import ReplyRule, RuleWords
from foundation.find_named import find_named
from foundation.refusals import Refusal
from labels.models import Label
from webhooks.models import Endpoint


def create_rule(
    *,
    name: str,
    position: int = 0,
    is_on: bool = False,
    is_last: bool = False,
    lists: Sequence[ContactList] = (),
    segment: Segment | None = None,
    accounts: Sequence[Account] = (),
    account_labels: Sequence[Label] = (),
    words: Sequence[str] = (),
    match: str = RuleWords.CONTAINS,
    labels: Sequence[Label] = (),
    assignee: Any = None,
    answer: str = "",
    answers_a_day: int = 1,
    adds_to: ContactList | None = None,
    suppresses: bool = False,
    calls: Endpoint | None = None,
    by: Any = None,
) -> ReplyRule:
    """Create a rule; the arguments are the columns of `ReplyRule`.

    Raises:
        Refusal: the name is taken or cannot be one, the rule does nothing (`rule_does_nothing`), or
            a value is out of range (`rule_malformed`).
        TextProblem: the answer cannot be compiled, or holds a forbidden word.
    """
    if not (labels or assignee or answer or adds_to or suppresses or calls):
        refuse_idle()
    if answer:
        checked_text(answer)
    row: Any = ReplyRule(
        name=name,
        position=position,
        is_on=is_on,
        is_last=is_last,
        segment=segment,
        words="\n".join(words),
        match=match,
        assignee=assignee,
        answer=answer,
        answers_a_day=answers_a_day,
        adds_to=adds_to,
        suppresses=suppresses,
        calls=calls,
    )
    row.set_name()
    row.refuse_twin()
    try:
        row.clean_fields()
    except ValidationError as problem:
        raise Refusal(" ".join(problem.messages), code="rule_malformed") from None
    if by is not None:
        row._history_user = by
    with transaction.atomic():
        row.save()
        row.lists.set(lists)
        row.accounts.set(accounts)
        row.account_labels.set(account_labels)
        row.labels.set(labels)
    made: ReplyRule = row
    return made


def refuse_idle() -> None:
    """Refuse a rule without an action.

    Raises:
        Refusal: always (`rule_does_nothing`).
    """
    raise Refusal(
        _(
            "The rule does nothing: choose a label, an operator, an answer, a list, a "
            "suppression or a webhook."
        ),
        code="rule_does_nothing",
    )


def find_rule(*, name: str) -> ReplyRule:
    """Return the rule of a name.

    Raises:
        Refusal: there is none (`rule_unknown`).
    """
    missing = _("There is no rule “%(name)s”.")
    return find_named(ReplyRule, name, missing=missing, code="rule_unknown")


def switch_rule(*, rule: ReplyRule, is_on: bool, by: Any = None) -> bool:
    """Switch a rule on or off; return whether that changed. It holds from the next message on."""
    row: Any = rule
    if row.is_on == is_on:
        return False
    row.is_on = is_on
    if by is not None:
        row._history_user = by
    row.save(update_fields=["is_on"])
    return True
