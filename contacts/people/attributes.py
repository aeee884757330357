"""Which attributes people have: what templates may ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from contacts.models import AttributeName, Contact, ContactList

#: Characters of an attribute's value.
LONGEST_ATTRIBUTE = 10_000


def attribute_names_in_use(*, lists: Collection[ContactList] | None = None) -> set[str]:
    """Return the attribute names in use.

    Args:
        lists: only those of these lists; None: of all people.
    """
    names = AttributeName.objects.all()
    if lists is not None:
        names = names.filter(contact_list__in=list(lists))
    return set(names.values_list("name", flat=True).distinct())


def record_attribute_names(*, contact_list: ContactList | None, names: Iterable[str]) -> None:
    """Note that people of a list have these attributes."""
    AttributeName.objects.bulk_create(
        [AttributeName(contact_list=contact_list, name=name[:100]) for name in sorted(set(names))],
        ignore_conflicts=True,
    )


def record_attributes_of(*, contact: Contact) -> None:
    """Note that people of a person's lists have that person's attributes."""
    lists: list[ContactList | None] = [*contact.lists.all()]
    for contact_list in lists or [None]:
        record_attribute_names(contact_list=contact_list, names=contact.attributes)
