"""Sample data for the console's tests: rows of every model, deliveries in every state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from accounts.models import (
    Account,
    AccountEvent,
    AccountTask,
    Egress,
    Friend,
    FriendEvent,
    FriendLink,
    FriendRequest,
    InboundMessage,
    Lease,
    Outage,
    Profile,
    Session,
    Worker,
)
from accounts.states import AccountState, StateReason
from campaigns.models import Campaign, CampaignRun, MessageTemplate, Snippet
from contacts.models import Contact, ContactImport, ContactList, Membership, Suppression
from sending.models import Attempt, Delivery, RunEvent, Tally
from sending.states import DeliveryState, RunState

FIRST_UIN, FIRST_ACCOUNT = 20_000_000, 10_000_100


def make_operator(name: str = "op") -> User:
    """Return a superuser."""
    return User.objects.create_superuser(name, "", "op")


def make_world(*, people: int = 14, accounts: int = 3) -> Campaign:
    """Create rows of every model; return a campaign with an active run."""
    egress = make_egress()
    senders = [make_account(FIRST_ACCOUNT + n, egress=egress) for n in range(accounts)]
    contact_list = make_list("老客户", people=people)
    Suppression.objects.create(uin=FIRST_UIN, source="退订")
    Outage.objects.create(
        egress=egress, began_at=timezone.now(), ended_at=timezone.now(), sentence="-"
    )
    ContactImport.objects.create(contact_list=contact_list, file_name="客户.csv", state="done")
    template = MessageTemplate.objects.create(name="问候", text="{{ name }}，您好")
    Snippet.objects.create(name="签名", text="—— 小红")
    campaign = Campaign.objects.create(name="双十一", template=template)
    campaign.lists.add(contact_list)
    make_run(campaign, senders=senders)
    return campaign


def make_egress(name: str = "default") -> Egress:
    """Return an egress with a running worker."""
    egress = Egress.objects.create(name=name)
    now = timezone.now()
    Worker.objects.create(
        egress=egress,
        hostname="host",
        pid=1,
        version="1",
        started_at=now,
        heartbeat_at=now + timedelta(hours=1),
    )
    return egress


def make_account(uin: int, *, egress: Egress | None = None, **values: Any) -> Account:
    """Return an account with friends, a timeline and an account task."""
    values.setdefault("state", AccountState.ONLINE)
    values.setdefault("state_reason", StateReason.LOGGED_IN)
    account = Account.objects.create(uin=uin, name=f"小红{uin}", credential="x" * 32, **values)
    Lease.objects.create(account=account, last_seq=5, egress=egress)
    AccountEvent.objects.create(account=account, state=account.state, reason=account.state_reason)
    AccountTask.objects.create(account=account, kind="sync", state="done", outcome="20 friends.")
    Friend.objects.create(account=account, uin=FIRST_UIN + 1, nickname="小明")
    FriendRequest.objects.create(
        account=account, uin=FIRST_UIN + 90, text="我是伟", received_at=timezone.now()
    )
    FriendLink.objects.create(account=account, uin=FIRST_UIN + 91, kind="add", purpose="伟的朋友")
    FriendEvent.objects.create(account=account, uin=FIRST_UIN + 1, kind="came", at=timezone.now())
    Profile.objects.get_or_create(
        uin=FIRST_UIN + 1,
        defaults={"nickname": "伟", "level": 3, "fetched_at": timezone.now(), "account": account},
    )
    InboundMessage.objects.create(
        account=account, uin=FIRST_UIN + 1, text="好的，伟", received_at=timezone.now()
    )
    if egress is not None:
        now = timezone.now()
        Session.objects.create(account=account, egress=egress, opened_at=now, last_used_at=now)
    return account


def make_list(name: str, *, people: int) -> ContactList:
    """Return a list of people with a name and a city."""
    contact_list = ContactList.objects.create(name=name)
    first = FIRST_UIN + Contact.objects.count()
    contacts = Contact.objects.bulk_create(
        Contact(uin=first + n, name=f"张伟{n}", attributes={"city": "北京"}) for n in range(people)
    )
    Membership.objects.bulk_create(
        Membership(contact_list=contact_list, contact=contact) for contact in contacts
    )
    return contact_list


def make_run(
    campaign: Campaign, *, senders: list[Account], state: str = RunState.RUNNING
) -> CampaignRun:
    """Return a run with deliveries in every state, attempts and matching tallies."""
    number = campaign.runs.count() + 1
    run = CampaignRun.objects.create(
        campaign=campaign, number=number, state=state, text="您好", promise="never-twice",
        timezone="Asia/Shanghai", planned_at=timezone.now(),
    )  # fmt: skip
    RunEvent.objects.create(run=run, state=state, detail="by hand")
    states = list(DeliveryState.values)
    contacts = list(Contact.objects.order_by("pk"))
    for index, contact in enumerate(contacts):
        _make_delivery(run, contact, states[index % len(states)], senders[index % len(senders)])
    targeted = run.deliveries.count()
    Tally.objects.create(run=run, kind="targeted", key="", n=targeted)
    for value in states:
        n = run.deliveries.filter(state=value).count()
        Tally.objects.create(run=run, kind="state", key=value, n=n)
    Tally.objects.create(run=run, kind="reason", key="failed:RES_5", n=2)
    Tally.objects.create(run=run, kind="res", key="0", n=2)
    return run


def _make_delivery(run: CampaignRun, contact: Contact, state: str, account: Account) -> None:
    delivery = Delivery.objects.create(
        run=run, contact=contact, uin=contact.uin, account=account, state=state, text="您好"
    )
    if state not in {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN}:
        return
    res = {DeliveryState.SENT: "0", DeliveryState.FAILED: "5"}.get(DeliveryState(state), "timeout")
    Attempt.objects.create(
        delivery=delivery, account=account, seq=run.pk * 100_000 + delivery.pk, res=res,
        marked_at=timezone.now(), finished_at=timezone.now(),
    )  # fmt: skip
    reason = {"failed": "RES_5", "unknown": "replay_window_over"}.get(state, "")
    Delivery.objects.filter(pk=delivery.pk).update(attempt_count=1, last_res=res, reason=reason)
