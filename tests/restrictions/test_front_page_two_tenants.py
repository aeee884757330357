"""The front page of a restricted user: what waits in their part, and nothing of the others."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from accounts.models import Account, FriendEvent, FriendRequest, InboundMessage
from accounts.states import AccountState
from campaigns.models import Campaign, CampaignRun, Occurrence
from contacts.models import ContactImport, ContactList
from contacts.states import ImportState
from conversations.models import Conversation
from sending.models import Tally
from sending.states import RunState
from tests.contacts.people import uploaded
from tests.restrictions import states
from tests.restrictions.states import Tenant
from tests.restrictions.test_two_tenants import THEIRS
from tests.restrictions.two_tenants import MARKER, Ours, make_restricted, make_two_tenants
from users.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.both_databases]
#: What waits for the operator of a part. What waits for the whole installation is not there.
KINDS = {
    *("stopped_runs", "stopped_schedules", "dropped_dates", "approvals", "quarantined"),
    *("friend_requests", "lost_friends", "unread_conversations", "unknown", "failed_imports"),
}


@pytest.fixture
def ours() -> Ours:
    return make_two_tenants()


def _tenants(ours: Ours) -> tuple[Tenant, Tenant]:
    author = User.objects.get(username="小王")
    other = ContactList.objects.exclude(pk=ours.contact_list.pk)[0]
    account = Account.objects.exclude(pk=ours.account.pk)[0]
    return (
        Tenant("our", ours.contact_list, ours.account, author),
        Tenant(f"{MARKER} other", other, account, author),
    )


def _make_trouble(tenant: Tenant) -> None:
    """Let everything of one tenant wait for somebody."""
    at = timezone.now() - timedelta(minutes=5)
    stopped = states.run_of(states.with_run(tenant))
    CampaignRun.objects.filter(pk=stopped.pk).update(
        state=RunState.STOPPED, state_detail=f"{tenant.mark} reason", state_changed_at=at
    )
    Tally.objects.create(run_id=stopped.pk, kind="state", key="unknown", n=7, shard=9)
    campaign = states.campaign_of(tenant)
    Campaign.objects.filter(pk=campaign.pk).update(
        schedule_state="paused", schedule_detail=f"{tenant.mark} schedule"
    )
    Occurrence.objects.create(
        campaign=campaign, at=at, changed_at=at, state="dropped", detail=f"{tenant.mark} date"
    )
    states.to_be_approved(tenant)
    account = tenant.account
    Account.objects.filter(pk=account.pk).update(
        state=AccountState.QUARANTINED, state_detail=f"{tenant.mark} answer"
    )
    FriendRequest.objects.filter(account=account).delete()
    FriendRequest.objects.create(account=account, uin=1, received_at=at)
    FriendEvent.objects.bulk_create(
        FriendEvent(account=account, uin=n, kind="went", at=at) for n in range(1, 40)
    )
    Conversation.objects.filter(account=account).delete()
    Conversation.objects.create(
        account=account, uin=1, unread=1, last_inbound_at=at, last_message_at=at
    )
    InboundMessage.objects.filter(account=account).update(handled=False, retry_at=at)
    failed = uploaded(b"uin\n1\n", into=tenant.contact_list.name)
    ContactImport.objects.filter(pk=failed.pk).update(
        state=ImportState.FAILED, created_at=at, problem=f"{tenant.mark} file"
    )


def _items(client: Client) -> dict[str, list[tuple[str, str]]]:
    page = client.get("/overview/live/").content.decode()
    found: dict[str, list[tuple[str, str]]] = {}
    pattern = r'data-kind="(\w+)">.*?<span>([^<]*)</span>.*?href="([^"]+)"'
    for kind, sentence, address in re.findall(pattern, page, re.DOTALL):
        found.setdefault(kind, []).append((unescape(sentence), unescape(address)))
    return found


def _signed_in(role: Role) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_restricted(role))
    return client


def test_it_tells_what_waits_in_the_part(ours: Ours, settings: Any) -> None:
    settings.QQ_FRIENDS_LOST_PER_DAY = 10
    mine, theirs = _tenants(ours)
    _make_trouble(theirs)
    client = _signed_in(Role.APPROVER)
    before = _items(client)
    _make_trouble(mine)
    page = client.get("/").content.decode()
    assert client.get("/").status_code == 200
    assert not [one for one in THEIRS if one in page]
    found = _items(client)
    assert set(found) >= KINDS
    assert not set(before) & (KINDS - {"unread_conversations", "friend_requests", "unknown"})
    [(unknown, _address)] = found["unknown"]
    rows = Tally.objects.filter(kind="state", key="unknown")
    runs = CampaignRun.objects.filter(campaign__name__startswith="our ")
    own = rows.filter(run__in=runs.values("pk"))
    assert re.findall(r"\d+", unknown) == [str(own.aggregate(n=Sum("n"))["n"])]
    assert rows.count() > own.count()
    [(unread, _address)] = found["unread_conversations"]
    assert unread.startswith("1 ")
    for told in found.values():
        for sentence, address in told:
            assert client.get(address).status_code == 200, (sentence, address)


def test_it_shows_runs_and_accounts_of_the_part_and_no_figures_of_all(ours: Ours) -> None:
    mine, theirs = _tenants(ours)
    shown = [states.with_run(tenant) for tenant in (mine, theirs)]
    page = _signed_in(Role.OPERATOR).get("/overview/live/").content.decode()
    assert shown[0].name in page
    assert shown[1].name not in page
    assert "All accounts" in page
    for figure in ("Messages a minute", "Opt-outs today", "Messages per minute", "Answers of the"):
        assert figure not in page


def test_the_badge_of_approvals_counts_the_part(ours: Ours) -> None:
    mine, theirs = _tenants(ours)
    states.to_be_approved(theirs)
    client = _signed_in(Role.APPROVER)
    assert "approvals" not in _items(client)
    states.to_be_approved(mine)
    assert len(_items(client)["approvals"]) == 1
