"""Two tenants: all that can be made is the other's, with a marker in every name; ours is small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import Value
from django.db.models.functions import Concat

from accounts.models import (
    Account,
    Friend,
    FriendEvent,
    FriendLink,
    FriendRequest,
    InboundMessage,
)
from accounts.pools import create_pool
from campaigns.models import Campaign, CampaignRun, HolidayCalendar
from contacts.models import Contact, ContactList, Membership
from foundation.named_model import NamedModel
from foundation.names import name_key
from labels.labelling import create_label
from restrictions.keep import restrict
from sending.models import Attempt
from tests.console.sample_data import make_account, make_run
from tests.console.whole_world import make_whole_world
from users.keep import add_user
from users.role_groups import keep_role_groups
from users.roles import Role

MARKER = "ZEBRA"
#: Columns that people write, and that pages show.
WRITTEN = {"name", "text", "description", "file_name", "first_name", "source"}
APPS = ("accounts", "campaigns", "contacts", "conversations", "labels", "sending", "webhooks")
OUR_ACCOUNT, OUR_PERSON = 33_333_300, 44_444_400


@dataclass
class Ours:
    """What the restricted users see."""

    account: Account
    contact_list: ContactList
    campaign: Campaign
    run: CampaignRun


def make_two_tenants() -> Ours:
    """Make both; return ours."""
    keep_role_groups()
    make_whole_world()
    theirs = create_label(name="theirs")
    for one in [*Account.objects.all(), *ContactList.objects.all(), *Campaign.objects.all()]:
        one.labels.add(theirs)
    _mark()
    create_pool(name="their pool", accounts=list(Account.objects.all()))
    label = create_label(name="ours")
    account = make_account(OUR_ACCOUNT)
    Account.objects.filter(pk=account.pk).update(name="our account")
    account.labels.add(label, theirs)
    for model in (Friend, FriendEvent, FriendLink, FriendRequest, InboundMessage):
        model.objects.filter(account=account).update(uin=OUR_PERSON + 1)
    contact_list = ContactList.objects.create(name="our list")
    contact_list.labels.add(label)
    people = [Contact.objects.create(uin=OUR_PERSON + n, name=f"our person {n}") for n in range(8)]
    for person in people:
        Membership.objects.create(contact_list=contact_list, contact=person)
    # One person is in a list of theirs too.
    other = ContactList.objects.exclude(pk=contact_list.pk).order_by("pk")[0]
    Membership.objects.create(contact_list=other, contact=people[0])
    campaign = Campaign.objects.create(name="our campaign", text="our text")
    campaign.lists.add(contact_list)
    campaign.accounts.add(account)
    run = make_run(campaign, senders=[account])
    theirs_of_run = run.deliveries.filter(uin__lt=OUR_PERSON)  # it was made for all people
    Attempt.objects.filter(delivery__in=theirs_of_run).delete()
    theirs_of_run.delete()
    return Ours(account, contact_list, campaign, run)


def make_restricted(role: Role, name: str = "") -> User:
    """Return a user who is restricted to our label."""
    user = add_user(name=name or f"our-{role.key}", role=role).user
    restrict(user.username, labels=["ours"], pools=[])
    return user


def _mark() -> None:
    """Put the marker before everything that people have written."""
    for model in apps.get_models():
        if model._meta.app_label not in APPS or not model._meta.managed:
            continue
        if model is HolidayCalendar:  # calendars are for everybody
            continue
        changed: dict[str, Any] = {
            field.name: Concat(Value(MARKER), field.name)
            for field in model._meta.concrete_fields
            if field.name in WRITTEN
            and type(field).__name__ in ("CharField", "TextField", "NameField")
            and not field.choices
            and (field.max_length is None or field.max_length > 100)
        }
        if changed:
            model._base_manager.update(**changed)
        if issubclass(model, NamedModel):  # so that the row is found by its name
            for row in model._base_manager.all():
                model._base_manager.filter(pk=row.pk).update(name_key=name_key(row.name))
