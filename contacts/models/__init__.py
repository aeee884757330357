"""The tables of the contacts app."""

from contacts.models.attribute import (
    LONGEST_ATTRIBUTE_NAME,
    Attribute,
    AttributeUse,
    is_recordable,
    typed_attributes,
)
from contacts.models.contact import Contact
from contacts.models.contact_import import ContactImport, ImportChange, RememberedMapping
from contacts.models.contact_list import ContactList, Membership
from contacts.models.daily_size import DailySize
from contacts.models.segment import Segment
from contacts.models.suppression import Suppression, SuppressionReason

__all__ = [
    "LONGEST_ATTRIBUTE_NAME",
    "Attribute",
    "AttributeUse",
    "Contact",
    "ContactImport",
    "ContactList",
    "DailySize",
    "ImportChange",
    "Membership",
    "RememberedMapping",
    "Segment",
    "Suppression",
    "SuppressionReason",
    "is_recordable",
    "typed_attributes",
]
