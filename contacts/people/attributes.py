"""The attributes in use, which templates and segments may refer to, and how a name finds one."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable

from contacts.models import (
    LONGEST_ATTRIBUTE_NAME,
    Attribute,
    AttributeUse,
    Contact,
    ContactList,
    is_recordable,
)
from foundation.names import clean_name, name_key
from foundation.queries import CHUNK, chunks
from foundation.refusals import Refusal


def attribute_names_in_use(*, lists: Collection[ContactList] | None = None) -> set[str]:
    """Return the names of the attributes in use.

    Args:
        lists: only the names recorded for these lists; None: all names.
    """
    uses = AttributeUse.objects.all()
    if lists is not None:
        uses = uses.filter(contact_list__in=list(lists))
    return set(uses.values_list("attribute__name", flat=True).distinct())


def record_attribute_names(*, contact_list: ContactList | None, names: Iterable[str]) -> None:
    """Record that people of a list have attributes of these names.

    Args:
        contact_list: the list; None for people without a list.
        names: the names; those that no column can hold are passed over.
    """
    recorded = sorted({name for name in names if is_recordable(name)})
    Attribute.objects.bulk_create(
        [Attribute(name=name, key=name_key(name)) for name in recorded],
        ignore_conflicts=True,
        batch_size=CHUNK,
    )
    for chunk in chunks(recorded):
        found = Attribute.objects.filter(name__in=chunk)
        AttributeUse.objects.bulk_create(
            [AttributeUse(contact_list=contact_list, attribute=row) for row in found],
            ignore_conflicts=True,
        )


def record_attributes_of(*, contact: Contact) -> None:
    """Record the names of a person's attributes for each of the person's lists."""
    lists: list[ContactList | None] = [*contact.lists.all()]
    for contact_list in lists or [None]:
        record_attribute_names(contact_list=contact_list, names=contact.attributes)


def find_attribute(name: str) -> Attribute | None:
    """Return the attribute of exactly this name, else one that looks alike, else None."""
    if not is_recordable(name):
        return None
    exact: Attribute | None = Attribute.objects.filter(name=name).first()
    return exact or Attribute.objects.filter(key=name_key(name)).order_by("pk").first()


def names_to_store(names: Iterable[str], *, is_guess: bool = False) -> list[str]:
    """Return the names under which attributes of these names are stored.

    A name that is in use stays as it is. Any other is cleaned, and becomes the name in use that
    looks alike, or that of an earlier one of these names.

    Args:
        names: the names, as operators or the titles of a file give them.
        is_guess: correct an invalid name in place of refusing it: remove characters that are not
            allowed and cut it to the limit; "" if nothing is left.

    Raises:
        Refusal: a new name is invalid (`foundation.names`) and `is_guess` is false.
    """
    by_key: dict[str, str] = {}
    known = set()
    for name, key in Attribute.objects.order_by("pk").values_list("name", "key"):
        known.add(name)
        by_key.setdefault(key, name)
    found = []
    for name in names:
        if name not in known:
            name = _cleaned(name, is_guess=is_guess)
            name = by_key.setdefault(name_key(name), name) if name else ""
        found.append(name)
    return found


def _cleaned(name: str, *, is_guess: bool) -> str:
    try:
        return _readable(name)
    except Refusal:
        if not is_guess:
            raise
    kept = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cs"))
    try:
        return _readable(kept[:LONGEST_ATTRIBUTE_NAME])
    except Refusal:
        return ""


def _readable(name: str) -> str:
    return clean_name(name, longest=LONGEST_ATTRIBUTE_NAME, is_addressed=False)
