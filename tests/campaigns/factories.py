"""Small worlds for tests: accounts with friends, people in lists, runs with deliveries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from accounts.inbound_handlers import handle_inbound
from accounts.models import Account, Friend, InboundKind, InboundMessage, Lease
from campaigns.models import Campaign, CampaignRun, HolidayCalendar
from contacts.models import Contact, ContactList, Membership
from contacts.models.attribute import typed_attributes
from contacts.people.attributes import record_attribute_names
from contacts.typed_values.types import readings_of
from sending.models import Delivery
from sending.querysets.tally import add_tallies
from sending.states import DeliveryState, RunState


def make_account(uin: int = 20_001, *, friends: Sequence[int] = (), **columns: Any) -> Account:
    """Make an account that has synced its friends."""
    columns = {"credential": "x" * 32, "friends_synced_at": timezone.now(), **columns}
    account = Account.objects.create(uin=uin, **columns)
    Lease.objects.create(account=account)
    Friend.objects.bulk_create(
        Friend(account=account, uin=friend, nickname=f"friend {friend}") for friend in friends
    )
    return account


def make_list(name: str, uins: Sequence[int] = (), **attributes: Any) -> ContactList:
    """Make a list of people; those that exist already join it."""
    made, _ = ContactList.objects.get_or_create(name=name)
    known = Contact.objects.in_bulk(list(uins), field_name="uin")
    readings = readings_of(attributes, typed_attributes()) if len(known) < len(uins) else None
    for contact in Contact.objects.bulk_create(
        Contact(uin=uin, name=f"人{uin}", attributes=attributes, readings=readings)
        for uin in uins
        if uin not in known
    ):
        known[contact.uin] = contact
    Membership.objects.bulk_create(
        Membership(contact_list=made, contact=known[uin]) for uin in uins
    )
    record_attribute_names(contact_list=made, names=attributes)
    return made


def make_campaign(
    name: str = "spring", *, lists: Sequence[ContactList] = (), text: str = "hi", **columns: Any
) -> Campaign:
    """Make a campaign."""
    accounts = columns.pop("accounts", ())
    excluded = columns.pop("excluded_lists", ())
    campaign = Campaign.objects.create(name=name, text=text, **columns)
    campaign.lists.set(lists)
    campaign.excluded_lists.set(excluded)
    campaign.accounts.set(accounts)
    return campaign


def make_run(campaign: Campaign, *, state: str = RunState.RUNNING, **columns: Any) -> CampaignRun:
    """Make a run of a campaign in a state, to the campaign's audience, without deliveries."""
    run = CampaignRun.objects.create(
        campaign=campaign,
        number=campaign.runs.count() + 1,
        state=state,
        promise=campaign.promise,
        **{"text": campaign.text, "timezone": campaign.timezone, **columns},
    )
    run.lists.set(campaign.lists.all())
    run.segments.set(campaign.segments.all())
    run.excluded_lists.set(campaign.excluded_lists.all())
    return run


def make_delivery(
    run: CampaignRun, contact: Contact, *, state: str = "sent", **columns: Any
) -> Delivery:
    """Make a delivery and count it, as the engine would."""
    delivery = Delivery.objects.create(
        run=run, contact=contact, uin=contact.uin, state=state, **columns
    )
    counted = Counter({(run.pk, "targeted", ""): 1, (run.pk, "state", str(state)): 1})
    if state in (DeliveryState.FAILED, DeliveryState.SKIPPED, DeliveryState.UNKNOWN):
        counted[run.pk, "reason", f"{state}:{delivery.reason}"] = 1
    add_tallies(shard=0, changes=counted)
    return delivery


def make_inbound(
    account: Account,
    uin: int,
    *,
    text: str = "好的",
    at: datetime | None = None,
    kind: int = InboundKind.USER,
    position: int | None = None,
) -> InboundMessage:
    """Make an inbound message, handled as when the engine stores it."""
    message = InboundMessage.objects.create(
        account=account,
        uin=uin,
        text=text,
        kind=kind,
        received_at=at or timezone.now(),
        position=InboundMessage.objects.count() if position is None else position,
    )
    with transaction.atomic():
        handle_inbound([message])
    return message


def china() -> HolidayCalendar:
    """Return the calendar that a migration makes, also after a test that emptied the tables."""
    if not HolidayCalendar.objects.filter(name="China").exists():
        import_module("campaigns.migrations.0002_chinese_holidays").add_calendar(apps, None)
    return HolidayCalendar.objects.get(name="China")
