"""A contact's page: what is known of the person above the form, and the actions on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.erase import erase_values
from contacts.models import Contact, Suppression
from contacts.people.erase import erase_person, register_eraser
from contacts.people.person_page import Person, Section, person_of
from contacts.suppressions import lift_suppression, suppress
from foundation.admin import confirmation, require
from foundation.admin.key_fields import is_key
from foundation.display import EMPTY
from foundation.refusals import Refusal
from foundation.restricted import asking, is_restricted, may_open
from foundation.sentences import Sentence

#: The permissions that a section needs; a section not named here needs those of the contact.
SECTION_PERMISSIONS = {
    "friends": ("accounts.view_friend",),
    "messages": ("sending.view_delivery", "accounts.view_inboundmessage"),
    "sequences": ("campaigns.view_sequence",),
    "conversations": ("conversations.view_conversation",),
}


@dataclass(frozen=True)
class Verb:
    """An action on a person.

    Args:
        words: the label of the button.
        before: the sentences that describe the effects, shown before the action.
        permission: the permission that the action needs.
        is_dangerous: whether the button has the colour of a warning.
    """

    words: Any
    before: tuple[Any, ...]
    permission: str
    is_dangerous: bool = False


VERBS = {
    "suppress": Verb(
        words=_("Suppress"),
        before=(
            _("No campaign writes to this person any more, including those that are running."),
            _("It applies to the QQ number: deleting or importing the contact does not lift it."),
        ),
        permission="contacts.add_suppression",
    ),
    "lift": Verb(
        words=_("Lift the suppression"),
        before=(
            _("Campaigns may write to this person again."),
            _("Lift it only if the person agrees: most suppressions were requested by the person."),
        ),
        permission="contacts.delete_suppression",
    ),
    "erase": Verb(
        words=_("Erase on request"),
        before=(
            _(
                "Erased: name, attributes, lists, changes by imports, the texts sent to the "
                "person, what the person wrote, and entries in friend lists. This cannot be undone."
            ),
            _(
                "Kept: deliveries, as rows without a person, so that every report adds up; and the "
                "QQ number alone, as a suppression, so that no campaign writes to the person after "
                "a later import."
            ),
        ),
        permission="contacts.delete_contact",
        is_dangerous=True,
    ),
}


class ContactPage:
    """The page of a contact and its actions, mixed into the contact's admin."""

    change_form_outer_before_template = "console/people/person.html"

    def page_context(self, request: HttpRequest, obj: Contact) -> dict[str, Any]:
        """Return what is known of the person, which the page shows above the form."""
        return _context(request, person_of(contact=obj))

    def ask_view(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Show what an action does (GET), or carry it out (POST)."""
        contact = Contact.objects.filter(pk=object_id).first()
        if contact is None or verb not in VERBS:
            raise Http404
        require(request.user.has_perm(VERBS[verb].permission))
        back = reverse("admin:contacts_contact_change", args=[contact.pk])
        if request.method != "POST":
            return confirmation(
                request,
                self,
                title=f"{VERBS[verb].words}: {contact}",
                sentences=VERBS[verb].before,
                verb=str(VERBS[verb].words),
                back=back,
                is_dangerous=VERBS[verb].is_dangerous,
            )
        try:
            return self._do(request, contact, verb, back)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return HttpResponseRedirect(back)

    def _do(self, request: HttpRequest, contact: Contact, verb: str, back: str) -> HttpResponse:
        if verb == "erase":
            erase_person(contact=contact, by=request.user)
            messages.success(request, gettext("The person is erased."))
            return HttpResponseRedirect(reverse("admin:contacts_contact_changelist"))
        if verb == "suppress":
            suppress(uins=[contact.uin], source=str(request.user))
            sentence = Sentence("Suppressed: no campaign writes to this person.")
        else:
            lift_suppression(suppression=_named_suppression(request, contact))
            sentence = Sentence("The suppression is lifted.")
        self.log_change(request, contact, sentence)  # type: ignore[attr-defined]
        messages.success(request, sentence)
        return HttpResponseRedirect(back)


def _named_suppression(request: HttpRequest, contact: Contact) -> Suppression:
    number = request.GET.get("of", "")
    found = Suppression.objects.filter(uin=contact.uin, pk=int(number) if is_key(number) else 0)
    suppression: Suppression | None = found.first()
    if suppression is None:
        raise Refusal(gettext("This suppression was lifted already."), code="already_lifted")
    return suppression


def _context(request: HttpRequest, person: Person) -> dict[str, Any]:
    user = request.user
    may_act = may_open(user, "contacts_contact_ask")
    if is_restricted(user):
        for one in person.suppressions:
            if one.contact_list is None:  # its source may name a list or a file of others
                one.source = ""

    def may(right: str) -> bool:
        return may_act and user.has_perm(right)

    return {
        "person": person,
        "sections": [
            _section_as_shown(section)
            for section in person.sections
            if user.has_perms(SECTION_PERMISSIONS.get(section.key, ("contacts.view_contact",)))
        ],
        "may_suppress": may(VERBS["suppress"].permission) and not person.is_suppressed,
        "may_lift": may(VERBS["lift"].permission),
        "may_erase": may(VERBS["erase"].permission),
    }


def _section_as_shown(section: Section) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "columns": section.columns,
        "rows": [[_as_shown(value) for value in row] for row in section.rows],
        "is_complete": section.is_complete,
    }


def _as_shown(value: Any) -> Any:
    if isinstance(value, Model):
        options = value._meta
        name = f"{options.app_label}_{options.model_name}_change"
        if not may_open(asking(), name):
            return str(value)
        address = reverse(f"admin:{name}", args=[value.pk])
        return format_html('<a class="q-link" href="{}">{}</a>', address, value)
    if isinstance(value, datetime):
        return date_format(localtime(value), "Y-m-d H:i:s")
    return EMPTY if value is None or value == "" else str(value)


def forget_audit(contact: Contact) -> None:
    """Remove an erased person's name, UIN and values from the audit trail; its entries stay."""
    erase_values(
        object_type=contact._meta.label_lower,
        object_id=str(contact.pk),
        number=str(contact.uin),
    )


register_eraser(forget_audit)
