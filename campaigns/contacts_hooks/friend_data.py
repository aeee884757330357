"""What friend requests know of contacts, and what erasing a contact removes of friend data."""

from __future__ import annotations

from collections.abc import Collection

from accounts.friend_requests.known_people import register_known_people
from accounts.models import AccountTask, FriendEvent, FriendLink, FriendRequest, Profile
from contacts.models import Contact, Suppression
from contacts.people.erase import register_eraser
from foundation.queries import chunks


def known_contacts(uins: Collection[int]) -> set[int]:
    """Return those of the UINs that are contacts and not suppressed for every campaign."""
    known: set[int] = set()
    for chunk in chunks(sorted(uins)):
        suppressed = Suppression.objects.in_force().filter(uin__in=chunk, contact_list=None)
        contacts = Contact.objects.filter(uin__in=chunk)
        known |= set(contacts.values_list("uin", flat=True))
        known -= set(suppressed.values_list("uin", flat=True))
    return known


def erase_friend_data(contact: Contact) -> None:
    """Erase a person from friend requests, profiles and account tasks; open tasks are dropped."""
    for model in (FriendRequest, FriendLink, FriendEvent, Profile, AccountTask):
        model._default_manager.filter(uin=contact.uin).delete()


def register_friend_data() -> None:
    """Register both with the apps below."""
    register_known_people(known_contacts)
    register_eraser(erase_friend_data)
