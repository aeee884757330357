"""The tables of the contacts app, one module each."""

from contacts.models.contact import Contact
from contacts.models.contact_list import ContactList, Membership
from contacts.models.suppression import Suppression, SuppressionReason

__all__ = ["Contact", "ContactList", "Membership", "Suppression", "SuppressionReason"]
