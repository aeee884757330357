"""django-import-export resources: small edits in the admin, and exports of what is shown."""

from contacts.resources.contact import ContactResource
from contacts.resources.contact_list import ContactListResource
from contacts.resources.suppression import SuppressionResource

__all__ = ["ContactListResource", "ContactResource", "SuppressionResource"]
