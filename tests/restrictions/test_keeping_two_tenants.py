"""What a restricted user deletes and archives: their own rows, unless somebody else needs them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from accounts.models import Account
from api.tokens.issue import issue_token
from campaigns.models import Campaign, MessageTemplate
from contacts.models import ContactList, Suppression
from contacts.suppressions import suppress
from foundation.archiving import archive_row
from labels.models import Label
from tests.campaigns.factories import make_campaign
from tests.console.sample_data import FIRST_ACCOUNT, FIRST_UIN
from tests.restrictions import states
from tests.restrictions.states import Tenant
from tests.restrictions.two_tenants import MARKER, Ours, make_restricted, make_two_tenants
from users.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.both_databases]
OTHERS = "Others use it, in a part that you do not see."
THEIRS = (MARKER, str(FIRST_ACCOUNT)[:7], str(FIRST_UIN)[:7])


@pytest.fixture
def ours() -> Ours:
    return make_two_tenants()


@pytest.fixture
def tenant(ours: Ours) -> Tenant:
    author = User.objects.get(username="小王")
    return Tenant("our", ours.contact_list, ours.account, author)


@pytest.fixture
def client(ours: Ours) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_restricted(Role.OPERATOR))
    return client


def _address(row: Any, end: str) -> str:
    return f"/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/{end}/"


def _is_kept(client: Client, row: Any, because: str) -> None:
    """Check that the page says why, names nobody, and that a POST deletes nothing."""
    page = client.get(_address(row, "delete")).content.decode()
    assert because in page
    assert not [one for one in THEIRS if one in page]
    answer = client.post(_address(row, "delete"), follow=True)
    assert because in answer.content.decode()
    assert not [one for one in THEIRS if one in answer.content.decode()]
    assert type(row)._base_manager.filter(pk=row.pk).exists()


def test_what_others_need_is_kept_and_they_are_not_named(client: Client, tenant: Tenant) -> None:
    theirs = Account.objects.get(uin=FIRST_ACCOUNT)
    listed, template = states.unused_list(tenant), states.unused_template(tenant)
    campaign = states.campaign_of(tenant)
    other = make_campaign(f"{MARKER} other", lists=[listed], accounts=[theirs], template=template)
    other.once_across.add(campaign)
    for row in (listed, template, campaign):
        _is_kept(client, row, OTHERS)
    other.delete()
    for row in (listed, template, campaign):
        assert client.post(_address(row, "delete")).status_code == 302
        assert not type(row)._base_manager.filter(pk=row.pk).exists(), row


def test_what_carries_labels_of_others_is_kept(client: Client, tenant: Tenant) -> None:
    for row in (states.unused_list(tenant), states.unused_template(tenant)):
        row.labels.add(Label.objects.get(name=f"{MARKER}theirs"))
        _is_kept(client, row, "It has labels that you do not see")
        client.post(_address(row, "delete"), {"_retire": "1"})
        row.refresh_from_db()
        assert row.archived_at is None


def test_what_others_archived_too_is_not_restored(client: Client, tenant: Tenant) -> None:
    for row in (states.unused_list(tenant), states.unused_template(tenant)):
        archive_row(row=row)
        row.labels.add(Label.objects.get(name=f"{MARKER}theirs"))
        answer = client.post(_address(row, "restore"), follow=True).content.decode()
        assert "is not restored. It has labels that you do not see" in answer
        assert not [one for one in THEIRS if one in answer]
        row.refresh_from_db()
        assert row.archived_at is not None


def test_opt_outs_do_not_reach_beyond_with_their_list(client: Client, tenant: Tenant) -> None:
    listed = states.unused_list(tenant)
    suppress(uins=[44_444_406], contact_list=listed)
    _is_kept(client, listed, "People opted out of it.")
    assert not Suppression.objects.filter(uin=44_444_406, contact_list=None).exists()
    client.post(_address(listed, "delete"), {"_retire": "1"})
    listed.refresh_from_db()
    assert listed.archived_at is not None


def test_a_campaign_that_was_started_is_archived(client: Client, tenant: Tenant) -> None:
    campaign = states.finished(tenant)
    _is_kept(client, campaign, "It was started, and its messages count for the limits of all.")
    client.post(_address(campaign, "delete"), {"_retire": "1"})
    campaign.refresh_from_db()
    assert campaign.archived_at is not None
    listed = "/campaigns/campaign/"
    client.get(listed)  # says that it is archived
    assert campaign.name not in client.get(listed).content.decode()
    assert campaign.name in client.get(f"{listed}?archived=yes").content.decode()


def test_many_are_chosen_of_our_part_only(client: Client, tenant: Tenant) -> None:
    for made, model in (
        (states.campaign_of, Campaign),
        (states.unused_template, MessageTemplate),
        (states.unused_list, ContactList),
    ):
        mine: Any = made(tenant)
        rows = model._base_manager.filter(name__startswith=MARKER)
        theirs = list(rows.values_list("pk", flat=True))
        assert theirs
        page = f"/{model._meta.app_label}/{model._meta.model_name}/"
        chosen = {"_selected_action": [mine.pk, *theirs]}
        client.post(page, {"action": "archive", **chosen})
        mine.refresh_from_db()
        assert mine.archived_at is not None
        assert not rows.exclude(archived_at=None).exists()
        client.post(f"{page}?archived=yes", {"action": "restore", **chosen})
        mine.refresh_from_db()
        assert mine.archived_at is None
        client.post(page, {"action": "delete_selected", "is_confirmed": "1", **chosen})
        assert not model._base_manager.filter(pk=mine.pk).exists()
        assert rows.count() == len(theirs)
        # Other actions of the page are closed: nothing happens.
        assert client.post(page, {"action": "add_labels", **chosen}).status_code in (200, 302, 403)


def test_by_the_api(tenant: Tenant) -> None:
    user = make_restricted(Role.OPERATOR, "api")
    _token, secret = issue_token(user=user, name="t", scope="admin", expires="90d")
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    template, campaign = states.unused_template(tenant), states.campaign_of(tenant)
    other = make_campaign(f"{MARKER} other", template=template)
    for row, path in ((template, "templates"), (campaign, "campaigns")):
        address = f"/api/v1/{path}/{row.name}"
        for verb in ("archive", "restore"):
            assert client.post(f"{address}/{verb}").status_code == 200
        if row == template:
            kept = client.delete(address)
            assert kept.status_code == 409
            assert OTHERS in kept.json()["detail"]
            assert MARKER not in kept.content.decode()
            other.delete()
        assert client.delete(address).status_code == 200
