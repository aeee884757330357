"""What rules need: without it, a rule would fit more messages than its operator meant."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import Account
from contacts.models import ContactList, Segment
from conversations.models import ReplyRule
from foundation.deletion import Uses, quoted_names, register_uses_finder
from foundation.sentences import Sentence as _
from labels.models import Label


def uses_of_list(row: ContactList) -> Uses:
    """Return the rules that ask for a list or add people to it."""
    return _needed(Q(lists=row) | Q(adds_to=row))


def uses_of_segment(row: Segment) -> Uses:
    """Return the rules that ask for a segment."""
    return _needed(Q(segment=row))


def uses_of_label(row: Label) -> Uses:
    """Return the rules that ask for a label of accounts or put it on conversations."""
    return _needed(Q(account_labels=row) | Q(labels=row))


def uses_of_account(row: Account) -> Uses:
    """Return the rules that ask for an account."""
    return _needed(Q(accounts=row))


def uses_of_rule(rule: ReplyRule) -> Uses:
    """Return what is lost with a rule."""
    return Uses(
        losing=(_("Its counts are deleted. What it did, and its answers that were sent, stay."),)
    )


def register_uses() -> None:
    """Register with `foundation.deletion` what rules use."""
    register_uses_finder(ContactList, uses_of_list)
    register_uses_finder(Segment, uses_of_segment)
    register_uses_finder(Label, uses_of_label)
    register_uses_finder(Account, uses_of_account)
    register_uses_finder(ReplyRule, uses_of_rule)


def _needed(condition: Q) -> Uses:
    rules = ReplyRule.objects.filter(condition).distinct().order_by("position", "pk")
    if not rules.exists():
        return Uses()
    return Uses(
        blocking=(
            _("Rules for messages need it: %(names)s. Take it out of them, or delete them.")
            % {"names": quoted_names(rules)},
        )
    )
