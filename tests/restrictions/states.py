"""Rows of one tenant, each in the state in which a verb is carried out on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from accounts.models import Account, Friend
from campaigns.creation.variants import NewVariant, add_variants
from campaigns.models import Campaign, CampaignRun, MessageTemplate, Rehearsal
from campaigns.run_control.lifecycle import start_campaign
from campaigns.run_control.schedule import cancel_date, pause_schedule, start_schedule
from campaigns.scheduling.dates import next_dates
from contacts.models import Contact, ContactImport, ContactList
from conversations.answers.send_answer import send_answer
from conversations.models import Conversation
from foundation.archiving import archive_row
from sending.models import Delivery
from sending.states import DeliveryState, RunState
from tests.campaigns.factories import make_campaign, make_delivery, make_inbound, make_run
from tests.campaigns.variants import planned_run
from tests.contacts.people import uploaded

_numbers = count(1)


@dataclass(frozen=True)
class Tenant:
    """Whose rows are made, out of what, and the author of them, who is neither restricted user."""

    mark: str
    contact_list: ContactList
    account: Account
    author: User

    def people(self) -> list[Contact]:
        """Return the first people of the list; all are friends of the account."""
        found = list(self.contact_list.contacts.order_by("pk")[:4])
        Friend.objects.bulk_create(
            (Friend(account=self.account, uin=one.uin, nickname=self.mark) for one in found),
            ignore_conflicts=True,
        )
        Account.objects.filter(pk=self.account.pk).update(friends_synced_at=timezone.now())
        return found


def campaign_of(tenant: Tenant, **columns: Any) -> Campaign:
    """Return a campaign that was never started."""
    tenant.people()
    made = make_campaign(
        f"{tenant.mark} in a state {next(_numbers)}", lists=[tenant.contact_list], text="words",
        accounts=[tenant.account], created_by=tenant.author, **columns,
    )  # fmt: skip
    return Campaign.objects.get(pk=made.pk)


def with_run(tenant: Tenant, state: str = RunState.RUNNING) -> Campaign:
    """Return a campaign whose run has a failed delivery, an unknown one, and people to come."""
    campaign = campaign_of(tenant)
    run = make_run(campaign, state=state, planned_at=timezone.now())
    for contact, ended, reason in zip(
        tenant.people(),
        (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.PENDING),
        ("RES_5", "replay_window_over", ""),
        strict=False,
    ):
        make_delivery(run, contact, state=ended, reason=reason, account=tenant.account)
    return campaign


def paused(tenant: Tenant) -> Campaign:
    """Return a campaign whose run is paused."""
    return with_run(tenant, RunState.PAUSED)


def finished(tenant: Tenant) -> Campaign:
    """Return a campaign whose run is over."""
    campaign = with_run(tenant, RunState.FINISHED)
    Delivery.objects.filter(run_id=run_of(campaign).pk, state="pending").delete()
    return campaign


def to_be_approved(tenant: Tenant) -> Campaign:
    """Return a campaign that waits for an approval."""
    campaign = campaign_of(tenant, needs_approval=True)
    start_campaign(campaign=campaign, by=tenant.author)
    return campaign


def approval_is_void(tenant: Tenant) -> Campaign:
    """Return a campaign that was changed while it waits for an approval."""
    campaign = to_be_approved(tenant)
    Campaign.objects.filter(pk=campaign.pk).update(text="other words")
    return Campaign.objects.get(pk=campaign.pk)


def scheduled(tenant: Tenant) -> Campaign:
    """Return a campaign with one start, in a month."""
    campaign = campaign_of(tenant, starts_at=timezone.now() + timedelta(days=30))
    start_campaign(campaign=campaign, by=tenant.author)
    return campaign


def repeated(tenant: Tenant) -> Campaign:
    """Return a campaign with a rule for its dates that is not started."""
    return campaign_of(tenant, repeat="daily@09:00")


def schedule_on(tenant: Tenant) -> Campaign:
    """Return a campaign whose schedule is active."""
    campaign = repeated(tenant)
    start_schedule(campaign=campaign)
    campaign.refresh_from_db()
    return campaign


def schedule_paused(tenant: Tenant) -> Campaign:
    """Return a campaign whose schedule is paused."""
    campaign = schedule_on(tenant)
    pause_schedule(campaign=campaign)
    return campaign


def date_cancelled(tenant: Tenant) -> Campaign:
    """Return a campaign one of whose dates is cancelled."""
    campaign = schedule_on(tenant)
    cancel_date(campaign=campaign, at=next_dates(campaign=campaign, most=1)[0])
    return campaign


def with_variants(tenant: Tenant) -> Campaign:
    """Return a campaign whose run waits for the choice of a variant."""
    campaign = campaign_of(tenant, test_share=50)
    Campaign.objects.filter(pk=campaign.pk).update(text="")
    campaign.refresh_from_db()
    variants = [NewVariant("A", 1, "text A"), NewVariant("B", 1, "text B")]
    add_variants(campaign=campaign, variants=variants)
    planned_run(campaign)
    return campaign


def rehearsing(tenant: Tenant) -> Campaign:
    """Return a campaign with a rehearsal that a worker has yet to begin."""
    campaign = campaign_of(tenant)
    Rehearsal.objects.create(campaign=campaign, people=1_000_000)
    return campaign


def failed_delivery(tenant: Tenant) -> Delivery:
    """Return a delivery that may be retried."""
    return _delivery(finished(tenant), DeliveryState.FAILED)


def unknown_delivery(tenant: Tenant) -> Delivery:
    """Return a delivery of which nobody knows whether it arrived."""
    return _delivery(finished(tenant), DeliveryState.UNKNOWN)


def _delivery(campaign: Campaign, state: str) -> Delivery:
    return Delivery.objects.get(run_id=run_of(campaign).pk, state=state)


def run_of(campaign: Campaign) -> CampaignRun:
    """Return the newest run of a campaign."""
    found = campaign.runs.order_by("-number").first()
    assert isinstance(found, CampaignRun)
    return found


def unused_list(tenant: Tenant) -> ContactList:
    """Return a list that nothing uses."""
    made = ContactList.objects.create(name=f"{tenant.mark} list {next(_numbers)}")
    made.labels.set(tenant.contact_list.labels.all())
    return made


def unused_template(tenant: Tenant) -> MessageTemplate:
    """Return a template that nothing uses."""
    name = f"{tenant.mark} template {next(_numbers)}"
    made = MessageTemplate.objects.create(name=name, text="words")
    made.labels.set(tenant.contact_list.labels.all())
    return made


def archived(made: Callable[[Tenant], Any]) -> Callable[[Tenant], Any]:
    """Return what makes such a row and archives it."""

    def make(tenant: Tenant) -> Any:
        row = made(tenant)
        archive_row(row=row)
        return row

    return make


def import_under_way(tenant: Tenant) -> ContactImport:
    """Return an import that waits for a worker."""
    made = uploaded("uin,name\n44444408,x\n", into=tenant.contact_list.name)
    ContactImport.objects.filter(pk=made.pk).update(state="queued")
    return made


def conversation(tenant: Tenant, **columns: Any) -> Conversation:
    """Return a conversation with a question that nobody has read."""
    person = tenant.people()[1]
    make_inbound(tenant.account, person.uin, text=f"{tenant.mark} asks")
    found = Conversation.objects.get(account=tenant.account, uin=person.uin)
    Conversation.objects.filter(pk=found.pk).update(**columns)
    return found


def answered(tenant: Tenant) -> Conversation:
    """Return a conversation with an answer that has not left yet."""
    found = conversation(tenant)
    send_answer(conversation=found, text="an answer", by=tenant.author)
    return found
