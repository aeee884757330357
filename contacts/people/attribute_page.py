"""The data of an attribute's page: values that cannot be read, segments, look-alikes."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.db.models.lookups import GreaterThan, IsNull

from contacts.models import Attribute, Contact, Segment
from contacts.people.attribute_sql import attribute_text, reading_text
from contacts.people.segment_names import segments_with_attribute

#: Unreadable values that the page shows.
SHOWN_VALUES = 5


@dataclass(frozen=True, slots=True)
class AttributePage:
    """What is known of an attribute.

    Attributes:
        attribute: the attribute.
        examples: (contact, value) of the first values that cannot be read as the type.
        segments: the segments whose conditions name it.
        look_alikes: the other attributes whose names look alike.
        lists: the names of the lists with people who have it.
    """

    attribute: Attribute
    examples: list[tuple[Contact, str]]
    segments: list[Segment]
    look_alikes: list[Attribute]
    lists: list[str]


def attribute_page(attribute: Attribute) -> AttributePage:
    """Return what is known of an attribute."""
    look_alikes = Attribute.objects.filter(key=attribute.key).exclude(pk=attribute.pk)
    lists = attribute.uses.filter(contact_list__isnull=False)
    return AttributePage(
        attribute=attribute,
        examples=unread_values(attribute) if attribute.unread else [],
        segments=segments_with_attribute(attribute.name),
        look_alikes=list(look_alikes),
        lists=list(
            lists.order_by("contact_list__name").values_list("contact_list__name", flat=True)
        ),
    )


def unread_values(attribute: Attribute) -> list[tuple[Contact, str]]:
    """Return the first people whose value cannot be read as the attribute's type."""
    if not attribute.value_type.is_read:
        return []
    unread = Q(GreaterThan(attribute_text(attribute.name), "")) & Q(
        IsNull(reading_text(attribute.name), True)
    )
    people = Contact.objects.filter(unread).order_by("pk")[:SHOWN_VALUES]
    return [(person, str(person.attributes.get(attribute.name))[:100]) for person in people]
