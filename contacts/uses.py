"""What uses people, lists, segments and imports in this app; registered at start-up."""

from __future__ import annotations

from django.utils.translation import ngettext

from contacts.imports.files import remove_upload
from contacts.lists.delete import register_list_deletion
from contacts.models import Contact, ContactImport, Suppression
from contacts.states import UNFINISHED_STATES, ImportState
from foundation.deletion import Uses, register_preparation, register_uses_finder
from foundation.sentences import Sentence as _


def uses_of_import(contact_import: ContactImport) -> Uses:
    """Return why an import's record is kept: it is at work, or its people came with it."""
    if contact_import.state in UNFINISHED_STATES:
        return Uses(
            blocking=(_("The import is not finished. Cancel it, or wait until it is done."),)
        )
    loaded = contact_import.created + contact_import.updated + contact_import.added
    if loaded and contact_import.state != ImportState.UNDONE:
        return Uses(
            blocking=(
                _(
                    "People and memberships came with it (new: %(created)d, changed: %(updated)d, "
                    "added to the list: %(added)d). Only this record can take them back. Archive "
                    "the import, or take it back first."
                )
                % {
                    "created": contact_import.created,
                    "updated": contact_import.updated,
                    "added": contact_import.added,
                },
            )
        )
    return Uses(losing=(_("The record of the import and its file are deleted; no person is."),))


def uses_of_contact(contact: Contact) -> Uses:
    """Return the lists that a contact disappears from."""
    lists = contact.memberships.count()
    losing: list[str] = [_("Name and attributes are deleted. Suppressions of the QQ number stay.")]
    if lists:
        losing.append(
            ngettext(
                "The person disappears from %(n)d list.",
                "The person disappears from %(n)d lists.",
                lists,
            )
            % {"n": lists}
        )
    return Uses(losing=tuple(losing))


def uses_of_suppression(suppression: Suppression) -> Uses:
    """Return what lifting a suppression changes."""
    if suppression.contact_list is not None:
        sentence = _("Campaigns to the list “%(name)s” may write to %(uin)d again.") % {
            "name": suppression.contact_list.name,
            "uin": suppression.uin,
        }
    else:
        sentence = _("Campaigns may write to %(uin)d again.") % {"uin": suppression.uin}
    return Uses(losing=(sentence,))


def register_uses() -> None:
    """Register what this app knows about the uses of its rows."""
    register_list_deletion()
    register_uses_finder(ContactImport, uses_of_import)
    register_preparation(ContactImport, remove_upload)
    register_uses_finder(Contact, uses_of_contact)
    register_uses_finder(Suppression, uses_of_suppression)
