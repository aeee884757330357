"""The names of attributes in use, which templates and segments may refer to."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from contacts.models import AttributeName, Contact, ContactList

#: The most characters of an attribute's value.
LONGEST_ATTRIBUTE = 10_000


def attribute_names_in_use(*, lists: Collection[ContactList] | None = None) -> set[str]:
    """Return the names of the attributes in use.

    Args:
        lists: only the names recorded for these lists; None: all names.
    """
    names = AttributeName.objects.all()
    if lists is not None:
        names = names.filter(contact_list__in=list(lists))
    return set(names.values_list("name", flat=True).distinct())


def record_attribute_names(*, contact_list: ContactList | None, names: Iterable[str]) -> None:
    """Record that people of a list have attributes of these names.

    Args:
        contact_list: the list; None for people without a list.
        names: the names, cut to 100 characters.
    """
    AttributeName.objects.bulk_create(
        [AttributeName(contact_list=contact_list, name=name[:100]) for name in sorted(set(names))],
        ignore_conflicts=True,
    )


def record_attributes_of(*, contact: Contact) -> None:
    """Record the names of a person's attributes for each of the person's lists."""
    lists: list[ContactList | None] = [*contact.lists.all()]
    for contact_list in lists or [None]:
        record_attribute_names(contact_list=contact_list, names=contact.attributes)
