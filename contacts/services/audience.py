"""Who is in some lists and in none of some others, as one indexable query."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, QuerySet

from contacts.models import Contact, ContactList, Membership


def audience_contacts(
    *, lists: Sequence[ContactList], excluded_lists: Sequence[ContactList] = ()
) -> QuerySet[Contact]:
    """Return the people of the lists who are in none of the excluded ones, each once.

    EXISTS, not a join: nobody appears twice, and a range of contact ids stays a range.
    """
    member = Membership.objects.filter(contact=OuterRef("pk"))
    people = Contact.objects.filter(
        Exists(member.filter(contact_list__in=[one.pk for one in lists]))
    )
    if excluded_lists:
        people = people.exclude(
            Exists(member.filter(contact_list__in=[one.pk for one in excluded_lists]))
        )
    return people
