"""What is planned, approved and rehearsed does not depend on who asks; what it shows does."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from campaigns.approvals.definition import definition_of, fingerprint_of
from campaigns.models import Campaign, CampaignRun, Rehearsal
from campaigns.planning.preflight import preflight
from campaigns.planning.rules import rules_of_campaign
from campaigns.rehearsals.lifecycle import newest_rehearsal, start_rehearsal
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import Contact, ContactList
from foundation.restricted import seeing_as
from labels.models import Label
from sending.models import Delivery, Run
from tests.campaigns.factories import make_delivery
from tests.campaigns.factories import make_run as make_empty_run
from tests.console.sample_data import FIRST_ACCOUNT
from tests.restrictions.states import Tenant, campaign_of, run_of, with_run
from tests.restrictions.two_tenants import MARKER, Ours, make_restricted, make_two_tenants
from users.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def ours() -> Ours:
    return make_two_tenants()


@pytest.fixture
def campaign(ours: Ours) -> Campaign:
    """Return a campaign of ours with limits that count messages of the others."""
    tenant = Tenant("our", ours.contact_list, ours.account, User.objects.get(username="小王"))
    theirs = Label.objects.get(name=f"{MARKER}theirs")
    made = campaign_of(tenant, cap_most=1, cap_days=7, cap_label=theirs)
    made.labels.add(theirs)
    other = Campaign.objects.filter(name__startswith=MARKER, labels=theirs)[0]
    other.once_across.add(made)
    # The others are writing to one of our people.
    run = make_empty_run(other, state="paused", planned_at="2026-01-01T00:00:00Z")
    person = ours.contact_list.contacts.order_by("pk")[0]
    account = Account.objects.get(uin=FIRST_ACCOUNT)
    make_delivery(run, person, state="sent", account=account, sent_at=timezone.now())
    return made


def test_a_run_has_the_same_limits(ours: Ours, campaign: Campaign) -> None:
    user = make_restricted(Role.OPERATOR)
    before = (rules_of_campaign(campaign), definition_of(campaign), fingerprint_of(campaign))
    with seeing_as(user):
        own = Campaign.objects.get(pk=campaign.pk)
        after = (rules_of_campaign(own), definition_of(own), fingerprint_of(own))
        start_campaign(campaign=own, by=user)
    assert after == before
    run = run_of(campaign)
    assert len(before[0].once_across) == 2
    assert sorted(run.once_across.values_list("origin", flat=True)) == before[0].once_across
    assert len(before[0].cap_origins or ()) > 1
    origins = set(run.cap_origins.values_list("origin", flat=True))
    assert origins == set(before[0].cap_origins or ())


def test_a_preflight_counts_the_same_and_names_nobody(ours: Ours, campaign: Campaign) -> None:
    user = make_restricted(Role.OPERATOR)
    whole = preflight(campaign=campaign)
    with seeing_as(user):
        own = preflight(campaign=Campaign.objects.get(pk=campaign.pk))
    assert (own.targeted, own.sendable, own.skipped) == (
        whole.targeted, whole.sendable, whole.skipped
    )  # fmt: skip
    assert own.skipped["once_across"] == 1, own.skipped
    assert any(MARKER in one for one in whole.warnings)
    assert not any(MARKER in one for one in own.warnings)


def test_a_rehearsal_of_somebody_else_names_nobody(ours: Ours, campaign: Campaign) -> None:
    """It was made with all rows: by an administrator, or in the jobs worker."""
    start_rehearsal(campaign=campaign, is_awaited=True)
    kept: Any = Rehearsal.objects.get(campaign=campaign).result
    assert any(MARKER in run for run, _people in kept["counted"]["written_to"])
    client = Client()
    client.force_login(make_restricted(Role.APPROVER))
    for page in ("preflight", "approval"):
        answer = client.get(f"/campaigns/campaign/{campaign.pk}/{page}/")
        assert answer.status_code == 200
        assert MARKER not in answer.content.decode()


def test_a_rehearsal_from_before_a_campaign_was_narrowed_to_us_is_not_shown(ours: Ours) -> None:
    """It counted people of a list of the others, and names those of its samples."""
    theirs = ContactList.objects.exclude(pk=ours.contact_list.pk)[0]
    ours.campaign.lists.add(theirs)
    start_rehearsal(campaign=ours.campaign, is_awaited=True)
    ours.campaign.lists.set([ours.contact_list])
    with seeing_as(make_restricted(Role.OPERATOR)):
        assert newest_rehearsal(ours.campaign) is None
        own = start_rehearsal(campaign=ours.campaign, is_awaited=True)
        assert newest_rehearsal(ours.campaign) == own
    with seeing_as(User.objects.get(username="小王")):
        assert newest_rehearsal(ours.campaign) == own


def test_a_draft_by_all_accounts_is_not_rehearsed(ours: Ours) -> None:
    user = make_restricted(Role.OPERATOR)
    draft = Campaign.objects.create(name="our draft", text="words", created_by=user)
    draft.lists.add(ours.contact_list)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    page = f"/campaigns/campaign/{draft.pk}/rehearsal/start/"
    assert client.post(page).status_code == 403
    assert not Rehearsal.objects.filter(campaign=draft).exists()
    text = client.get(f"/campaigns/campaign/{draft.pk}/preflight/").content.decode()
    assert str(FIRST_ACCOUNT)[:7] not in text
    draft.accounts.add(ours.account)
    assert client.post(page).status_code == 302
    assert Rehearsal.objects.filter(campaign=draft).exists()


def test_late_comers_are_planned_with_all_limits(ours: Ours, campaign: Campaign) -> None:
    """On SQLite, the statement with the scope in each part of it was too deep to be read."""
    user = make_restricted(Role.OPERATOR)
    tenant = Tenant("our", ours.contact_list, ours.account, User.objects.get(username="小王"))
    running = with_run(tenant)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    answer = client.post(f"/campaigns/campaign/{running.pk}/do/add-late-comers/")
    assert answer.status_code == 302
    people = set(ContactList.objects.get(pk=ours.contact_list.pk).contacts.values_list("pk"))
    assert set(run_of(running).deliveries.values_list("contact")) == people
    assert Contact.objects.filter(lists=ours.contact_list).count() == len(people)


def test_runs_from_before_a_campaign_was_narrowed_to_us_are_not_shown(ours: Ours) -> None:
    """They wrote to people of a list of the others, from an account that is also ours."""
    user = make_restricted(Role.OPERATOR)
    theirs = ContactList.objects.exclude(pk=ours.contact_list.pk)[0]
    old = make_empty_run(ours.campaign, state="finished", planned_at="2026-01-01T00:00:00Z")
    old.lists.set([ours.contact_list, theirs])
    person = Contact.objects.exclude(memberships__contact_list=ours.contact_list)[0]
    told = make_delivery(old, person, state="sent", account=ours.account, sent_at=timezone.now())
    waiting = make_delivery(old, Contact.objects.exclude(pk=person.pk)[0], state="pending")
    with seeing_as(user):
        assert list(CampaignRun.objects.filter(campaign=ours.campaign)) == [ours.run]
        assert not Run.objects.filter(pk=old.pk).exists()
        assert not Delivery.objects.filter(pk__in=[told.pk, waiting.pk]).exists()
        assert Delivery.objects.filter(run=ours.run).exists()
