"""The addresses of the open forms that choose rows, for rows of ours."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.models import Campaign, MessageTemplate
from contacts.models import ContactImport
from tests.restrictions.two_tenants import Ours


def form_addresses(ours: Ours) -> Iterator[str]:
    """Return the addresses. There is “our draft” and “our template”, or the keys are 1."""
    draft = _key(Campaign.objects.filter(name="our draft"))
    template = _key(MessageTemplate.objects.filter(name="our template"))
    imported = _key(ContactImport.objects.filter(contact_list=ours.contact_list))
    campaign = ours.campaign.pk
    yield from (
        "/campaigns/campaign/add/",
        f"/campaigns/campaign/{draft}/change/",
        f"/campaigns/campaign/{campaign}/change/",
        "/campaigns/campaign/new/",
        *(f"/campaigns/campaign/{draft}/steps/{step}/" for step in ("who", "what", "senders")),
        f"/campaigns/campaign/{draft}/steps/when/",
        f"/campaigns/campaign/{draft}/steps/check/",
        f"/campaigns/campaign/{draft}/test/",
        f"/campaigns/campaign/{campaign}/clone/",
        f"/campaigns/campaign/{campaign}/retry/",
        "/campaigns/messagetemplate/add/",
        f"/campaigns/messagetemplate/{template}/change/",
        "/contacts/contactlist/add/",
        f"/contacts/contactlist/{ours.contact_list.pk}/change/",
        "/contacts/contactimport/upload/",
        f"/contacts/contactimport/{imported}/check/",
        f"/accounts/account/{ours.account.pk}/change/",
    )


def _key(rows: object) -> int:
    found = rows.order_by("pk").first()  # type: ignore[attr-defined]
    return int(found.pk) if found is not None else 1
