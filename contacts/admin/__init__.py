"""The console's pages of attributes, contacts, lists, segments, imports and suppressions."""

from contacts.admin.attribute import AttributeAdmin
from contacts.admin.contact import ContactAdmin
from contacts.admin.contact_import import ContactImportAdmin
from contacts.admin.contact_list import ContactListAdmin
from contacts.admin.segment import SegmentAdmin
from contacts.admin.suppression import SuppressionAdmin

__all__ = [
    "AttributeAdmin",
    "ContactAdmin",
    "ContactImportAdmin",
    "ContactListAdmin",
    "SegmentAdmin",
    "SuppressionAdmin",
]
