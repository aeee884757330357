"""A person's page: what this app knows, and sections that the apps above have registered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from contacts.models import Contact, ContactImport, ContactList, Suppression


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the page.

    Attributes:
        key: a stable name: "friends", "messages", ...
        title: for people, translated.
        columns: titles.
        rows: values, newest first.
        is_complete: whether these are all rows there are.
    """

    key: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """Everything known of a person.

    Attributes:
        contact: name, attributes, when they came.
        lists: the lists they are in.
        suppressions: what says that they must not be written to; empty: they may.
        source_import: the import they came with, if it was one.
        sections: what the apps above know: whose friend, what was sent, what was answered.
    """

    contact: Contact
    lists: list[ContactList]
    suppressions: list[Suppression]
    source_import: ContactImport | None
    sections: list[Section] = field(default_factory=list)

    @property
    def is_suppressed(self) -> bool:
        """Whether no campaign at all may write to them."""
        return any(suppression.contact_list_id is None for suppression in self.suppressions)


SectionMaker: TypeAlias = Callable[[Contact], Section]
_makers: dict[str, SectionMaker] = {}


def register_section(key: str, make: SectionMaker) -> None:
    """Add a section to every person's page.

    Args:
        key: its name; sections are shown in the order of registration.
        make: reads it; a query or two, never one a row.
    """
    _makers[key] = make


def person_of(*, contact: Contact) -> Person:
    """Return everything known of a person."""
    return Person(
        contact=contact,
        lists=list(ContactList.objects.filter(memberships__contact=contact)),
        suppressions=list(
            Suppression.objects.filter(uin=contact.uin).select_related("contact_list")
        ),
        # The column has no constraint: the import's row may be gone.
        source_import=_import_of(contact),
        sections=[make(contact) for make in _makers.values()],
    )


def _import_of(contact: Contact) -> ContactImport | None:
    if contact.source_import_id is None:
        return None
    found: ContactImport | None = ContactImport.objects.filter(pk=contact.source_import_id).first()
    return found
