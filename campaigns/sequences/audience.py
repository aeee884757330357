"""Who enters a sequence: its audience as a query, and the people of it who are not in it yet."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Account, Friend
from accounts.pools import is_member
from campaigns.models import Sequence, SequencePerson
from contacts.models import Contact
from contacts.segments.audience import audience_contacts

#: New friends who become contacts at a time.
_FRIENDS = 1_000


def newcomers(sequence: Sequence) -> QuerySet[Contact]:
    """Return the people of a sequence's audience who are not in the sequence, in no order.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated.
    """
    known = SequencePerson.objects.filter(sequence=sequence, contact=OuterRef("pk"))
    return _audience(sequence).filter(~Exists(known))


def sender_accounts(sequence: Sequence) -> list[Account]:
    """Return the accounts that send for a sequence now; empty for every working account."""
    by_hand = sequence.chosen_accounts()
    pool_ids = list(sequence.pools.values_list("pk", flat=True))
    if not pool_ids:
        return by_hand
    keys = [account.pk for account in by_hand]
    return list(Account.objects.filter(Q(pk__in=keys) | is_member(pool_ids)).order_by("pk"))


def make_contacts_of_friends(sequence: Sequence) -> None:
    """Make contacts of the new friends who are none yet, because only contacts are written to."""
    friends = _friends(sequence)
    if friends is None:
        return
    known = Contact.objects.filter(uin=OuterRef("uin"))
    unknown = friends.filter(~Exists(known)).order_by("pk").values_list("uin", "nickname")
    Contact.objects.bulk_create(
        (Contact(uin=uin, name=nickname) for uin, nickname in dict(unknown[:_FRIENDS]).items()),
        ignore_conflicts=True,
    )


def _audience(sequence: Sequence) -> QuerySet[Contact]:
    friends = _friends(sequence)
    also = [] if friends is None else [Q(Exists(friends.filter(uin=OuterRef("uin"))))]
    return audience_contacts(
        lists=list(sequence.lists.all()),
        excluded_lists=list(sequence.excluded_lists.all()),
        segments=list(sequence.segments.all()),
        also=also,
    )


def _friends(sequence: Sequence) -> QuerySet[Friend] | None:
    """Return the friendships by which people enter; None if the sequence has no such accounts."""
    accounts = list(sequence.friends_of.values_list("pk", flat=True))
    if not accounts:
        return None
    friends: QuerySet[Friend] = Friend.objects.current().filter(account__in=accounts)
    if not sequence.includes_existing and sequence.started_at is not None:
        friends = friends.filter(known_since__gte=sequence.started_at)
    return friends
