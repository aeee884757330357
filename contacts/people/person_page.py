"""The data of a person's page: of this app, and in sections registered by the apps above."""

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
        title: the translated title.
        columns: the titles of the columns.
        rows: the values, newest row first.
        is_complete: False if there are more rows than these.
    """

    key: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """Everything known about a person.

    Attributes:
        contact: the contact.
        lists: the lists that the person is in.
        suppressions: the person's suppressions.
        source_import: the import that created the contact; None if there was none, or its row was
            deleted.
        sections: the tables of the apps above: accounts with this friend, messages.
    """

    contact: Contact
    lists: list[ContactList]
    suppressions: list[Suppression]
    source_import: ContactImport | None
    sections: list[Section] = field(default_factory=list)

    @property
    def is_suppressed(self) -> bool:
        """Whether no campaign may write to the person."""
        return any(suppression.contact_list_id is None for suppression in self.in_force)

    @property
    def in_force(self) -> list[Suppression]:
        """The suppressions that have not ended."""
        return [suppression for suppression in self.suppressions if not suppression.has_ended]


SectionMaker: TypeAlias = Callable[[Contact], Section]
_makers: dict[str, SectionMaker] = {}


def register_section(key: str, make: SectionMaker) -> None:
    """Add a section to every person's page, after those registered before.

    Args:
        key: the section's name.
        make: a function that reads the section of a contact; it must not run a query for each row.
    """
    _makers[key] = make


def person_of(*, contact: Contact) -> Person:
    """Return everything known about a person."""
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
