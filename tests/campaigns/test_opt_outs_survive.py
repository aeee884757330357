"""Opt-outs survive the deletion and combination of lists, the undo of imports, and erasure."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db.models import ProtectedError
from django.test import Client
from django.utils import translation

from campaigns.models import Campaign, CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.run_control.lifecycle import cancel_run, start_campaign
from contacts.imports.undo import request_undo, undo_import
from contacts.lists.combine import combine_lists
from contacts.models import Contact, ContactImport, ContactList, Membership, Segment, Suppression
from contacts.people.erase import erase_person
from contacts.suppressions import suppress
from foundation.archiving import archive_row
from foundation.deletion import delete_row, uses_of
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run
from tests.console.sample_data import make_operator
from tests.contacts.people import imported

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]
PEOPLE = range(100_000, 100_006)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def members() -> ContactList:
    """A list that two people opted out of, one of whom opted out of everything, too."""
    make_account(friends=PEOPLE)
    made = make_list("members", PEOPLE)
    suppress(uins=PEOPLE[:2], contact_list=made, reason="replied", source="TD")
    suppress(uins=[PEOPLE[1]], source="a letter")
    Suppression.objects.update(created_at=LONG_AGO)
    return made


def written_to(*lists: ContactList) -> set[int]:
    """Return the UINs to which a campaign to these lists would send."""
    campaign = make_campaign(f"to {lists}", lists=lists)
    run = start_campaign(campaign=campaign)
    plan_run(run=run)
    rows = Delivery.objects.filter(run=run, state="pending").values_list("uin", flat=True)
    return set(rows)


def test_deleting_a_list_keeps_its_opt_outs_for_every_campaign(members: ContactList) -> None:
    assert delete_row(row=members).after == (
        "The opt-out of 1 person holds for every campaign now.",
    )
    kept, letter = Suppression.objects.order_by("uin")
    assert (kept.uin, kept.contact_list, kept.reason) == (PEOPLE[0], None, "replied")
    assert kept.created_at == LONG_AGO
    assert "members" in kept.source
    assert "TD" in kept.source
    assert (letter.uin, letter.source) == (PEOPLE[1], "a letter")
    Membership.objects.all().delete()
    again = ContactList.objects.create(name="members")
    for contact in Contact.objects.all():
        Membership.objects.create(contact_list=again, contact=contact)
    assert written_to(again) == {*PEOPLE[2:]}


def test_many_opt_outs_with_long_words_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts.lists.delete.CHUNK", 7)
    made = ContactList.objects.create(name="名" * 128)
    uins = range(200_000, 200_050)
    suppress(uins=uins, contact_list=made, source="退订" * 120)
    assert "50 people" in delete_row(row=made).after[0]
    kept = Suppression.objects.filter(contact_list=None).values_list("uin", flat=True)
    assert set(kept) == set(uins)
    assert not Suppression.objects.exclude(contact_list=None).exists()


def test_the_database_refuses_to_delete_a_list_with_opt_outs(members: ContactList) -> None:
    with pytest.raises(ProtectedError):
        members.delete()
    with pytest.raises(ProtectedError):
        ContactList.objects.all().delete()
    assert Suppression.objects.count() == 3


@pytest.mark.parametrize(
    "state", ["scheduled", "preparing", "awaiting_approval", "running", "paused", "stopped"]
)
@pytest.mark.parametrize("use", ["lists", "excluded_lists", "of the run", "of the campaign"])
def test_a_list_that_a_run_needs_is_not_deleted(members: ContactList, state: str, use: str) -> None:
    campaign = make_campaign("spring")
    if use in ("lists", "excluded_lists"):
        getattr(campaign, use).add(members)
    run = make_run(campaign, state=state)
    if use == "of the run":
        run.excluded_lists.add(members)
    if use == "of the campaign":
        campaign.lists.add(members)
    with pytest.raises(Refusal, match="spring"):
        delete_row(row=members)
    assert Suppression.objects.filter(contact_list=members).count() == 2
    if state == "awaiting_approval":
        CampaignRun.objects.filter(pk=run.pk).transition(to=RunState.CANCELLED)
    else:
        cancel_run(run=run)
    if use in ("lists", "of the campaign"):
        archive_row(row=campaign)  # until then it can be started again
    if use == "excluded_lists":
        archive_row(row=campaign)
        with pytest.raises(Refusal, match="exclude the list"):
            delete_row(row=members)
        campaign.excluded_lists.clear()
    assert "1 person" in delete_row(row=members).after[0]


def test_a_list_that_a_segment_asks_about_is_not_deleted(members: ContactList) -> None:
    condition = {"all": [{"not": {"kind": "list", "lists": [members.pk]}}]}
    segment = Segment.objects.create(name="Others", conditions=condition)
    with pytest.raises(Refusal, match="Others"):
        delete_row(row=members)
    segment.delete()
    delete_row(row=members)


def test_a_list_that_an_import_fills_is_not_deleted(members: ContactList) -> None:
    ContactImport.objects.create(contact_list=members, file_name="more.csv", state="running")
    with pytest.raises(Refusal, match=r"more\.csv"):
        delete_row(row=members)


def test_the_refusal_names_campaigns_whose_audience_would_change(members: ContactList) -> None:
    archive_row(row=make_campaign("formerly to", lists=[members]))
    make_campaign("to", lists=[members])
    make_campaign("but not to", excluded_lists=[members])
    uses = uses_of(members)
    to, but_not_to = uses.blocking
    assert "“to”" in to
    assert "“but not to”" in but_not_to
    assert "“formerly to”" in uses.losing[-1]


def test_a_combined_list_keeps_the_opt_outs_of_its_parts(members: ContactList) -> None:
    others = make_list("others", [100_010])
    suppress(uins=[PEOPLE[3]], contact_list=others)
    into = make_list("into")
    combine_lists(into=into, any_of=[members, others], none_of=[into])
    assert written_to(into) == {*PEOPLE[2:]} - {PEOPLE[3]}
    carried = Suppression.objects.get(contact_list=into, uin=PEOPLE[0])
    assert (carried.reason, carried.created_at) == ("replied", LONG_AGO)
    assert "members" in carried.source


@pytest.mark.django_db(transaction=True)
def test_taking_an_import_back_keeps_opt_outs() -> None:
    make_account(friends=PEOPLE)
    done = imported("uin\n" + "\n".join(map(str, PEOPLE)), into="new")
    assert done.contact_list is not None
    suppress(uins=[PEOPLE[0]], contact_list=done.contact_list)
    suppress(uins=[PEOPLE[1]])
    request_undo(contact_import=done)
    undo_import(import_id=done.pk)
    assert not Contact.objects.exists()
    imported("uin\n" + "\n".join(map(str, PEOPLE)), into="new")
    assert written_to(done.contact_list) == {*PEOPLE[2:]}


@pytest.mark.django_db(transaction=True)
def test_a_suppressed_person_erased_and_imported_again_gets_no_message() -> None:
    make_account(friends=PEOPLE)
    done = imported("uin\n" + "\n".join(map(str, PEOPLE)), into="new")
    assert done.contact_list is not None
    suppress(uins=[PEOPLE[0]], contact_list=done.contact_list)
    for uin in PEOPLE[:2]:
        erase_person(contact=Contact.objects.get(uin=uin))
    other = imported("uin\n" + "\n".join(map(str, PEOPLE)), into="other").contact_list
    assert other is not None
    assert written_to(other) == {*PEOPLE[2:]}


def test_the_page_says_before_the_click_how_many_opt_outs_are_kept(
    members: ContactList, client: Client
) -> None:
    client.force_login(make_operator())
    archive_row(row=make_campaign("formerly to", lists=[members]))
    address = f"/contacts/contactlist/{members.pk}/delete/"
    page = client.get(address).content.decode()
    assert "1 person opted out of this list." in page
    assert "formerly to" in page
    assert ContactList.objects.filter(pk=members.pk).exists()
    said = client.post(address, follow=True).content.decode()
    assert "The opt-out of 1 person holds for every campaign now." in said
    assert not ContactList.objects.exists()
    assert Suppression.objects.filter(contact_list=None).count() == 2


def test_the_page_of_a_list_in_use_names_its_users(members: ContactList, client: Client) -> None:
    client.force_login(make_operator())
    start_campaign(campaign=make_campaign("spring", lists=[members]))
    address = f"/contacts/contactlist/{members.pk}/delete/"
    for answer in (client.get(address, follow=True), client.post(address, follow=True)):
        assert "“spring #1”" in answer.content.decode()
    assert ContactList.objects.filter(pk=members.pk).exists()


def test_the_bulk_deletion_refuses_only_the_lists_in_use(
    members: ContactList, client: Client
) -> None:
    client.force_login(make_operator())
    free = make_list("free", [100_020])
    suppress(uins=[100_020], contact_list=free)
    start_campaign(campaign=make_campaign("spring", lists=[members]))
    data = {"action": "delete_selected", "_selected_action": [members.pk, free.pk]}
    page = client.post("/contacts/contactlist/", data).content.decode()
    assert "1 person opted out of this list." in page
    assert "“spring #1”" in page
    assert ContactList.objects.count() == 2
    said = client.post("/contacts/contactlist/", {**data, "is_confirmed": "1"}, follow=True)
    assert "“spring #1”" in said.content.decode()
    assert list(ContactList.objects.all()) == [members]
    assert Suppression.objects.filter(uin=100_020, contact_list=None).exists()


def test_the_source_of_an_opt_out_is_shown_in_the_readers_language(
    members: ContactList,
) -> None:
    delete_row(row=members)
    with translation.override("zh-hans"):
        assert "已删除" in Suppression.objects.get(uin=PEOPLE[0]).source


def test_an_account_that_a_campaign_names_is_not_deleted(client: Client) -> None:
    client.force_login(make_operator())
    account = make_account()
    campaign = make_campaign("spring", accounts=[account])
    address = f"/accounts/account/{account.pk}/delete/"
    assert "“spring”" in client.post(address, follow=True).content.decode()
    assert type(account).objects.exists()
    campaign.accounts.clear()
    assert client.post(address).status_code == 302
    assert not type(account).objects.exists()


def test_a_segment_that_a_run_was_started_with_is_not_deleted(client: Client) -> None:
    client.force_login(make_operator())
    segment = Segment.objects.create(name="s", conditions={"kind": "suppressed"})
    make_run(make_campaign("spring"), state="scheduled").segments.add(segment)
    address = f"/contacts/segment/{segment.pk}/delete/"
    assert "“spring #1”" in client.post(address, follow=True).content.decode()
    assert Segment.objects.filter(pk=segment.pk).exists()


@pytest.mark.slow
def test_pages_of_a_run_whose_list_segment_and_account_are_gone(client: Client) -> None:
    client.force_login(make_operator())
    account = make_account(friends=PEOPLE)
    members = make_list("members", PEOPLE)
    campaign = make_campaign("spring", lists=[members], accounts=[account])
    segment = Segment.objects.create(name="s", conditions={"kind": "suppressed"})
    campaign.segments.add(segment)
    run = start_campaign(campaign=campaign)
    plan_run(run=run)
    cancel_run(run=run)
    archive_row(row=campaign)
    delete_row(row=members)
    segment.delete()
    Delivery.objects.all().delete()
    account.delete()
    pages = [f"/campaigns/campaign/{campaign.pk}/{name}/" for name in (
        "page", "live", "change", "history", "preflight", "report/csv", "report/xlsx",
    )]  # fmt: skip
    for page in [
        *pages,
        "/",
        "/campaigns/campaign/",
        "/campaigns/campaignrun/",
        "/contacts/suppression/",
    ]:
        answer = client.get(page)
        assert answer.status_code in (200, 286), page
        assert answer.getvalue(), page
    assert Campaign.objects.exists()
