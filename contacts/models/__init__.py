"""The tables of the contacts app."""

from contacts.models.attribute_name import AttributeName
from contacts.models.contact import UIN_MAX, UIN_MIN, Contact
from contacts.models.contact_import import ContactImport, ImportChange, RememberedMapping
from contacts.models.contact_list import ContactList, Membership
from contacts.models.segment import Segment
from contacts.models.suppression import Suppression, SuppressionReason

__all__ = [
    "UIN_MAX",
    "UIN_MIN",
    "AttributeName",
    "Contact",
    "ContactImport",
    "ContactList",
    "ImportChange",
    "Membership",
    "RememberedMapping",
    "Segment",
    "Suppression",
    "SuppressionReason",
]
