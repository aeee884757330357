"""Deleting: the page names what uses a row, refuses while it is needed, and offers archiving."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AccountPool, Egress
from accounts.states import AccountState
from audit.models import AuditEntry
from campaigns.find import find_lists, find_segments, find_template
from campaigns.models import Campaign, CampaignRun, MessageTemplate, Sequence
from campaigns.run_control.lifecycle import start_campaign
from campaigns.uses.of_campaigns import MOST_DELIVERIES
from contacts.imports.lifecycle import upload_import
from contacts.lists.combine import combine_lists
from contacts.models import Contact, ContactImport, ContactList, Membership, Segment
from foundation.acts import BROWSER, acting, say
from foundation.archiving import Archivable, archive_row, restore_row
from foundation.deletion import delete_row
from foundation.refusals import Refusal
from sending.models import Attempt, Delivery, Tally
from sending.states import RunState
from tests.campaigns.factories import make_account as make_sender
from tests.campaigns.factories import make_campaign
from tests.campaigns.factories import make_list as make_people
from tests.console.sample_data import make_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
ARCHIVABLE = [model for model in MODELS if issubclass(model, Archivable)]


def address_of(row: Any, page: str = "delete") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def list_of(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_page_of_a_deletion_shows_an_object_without_a_name(model: Any, operator: Client) -> None:
    campaign = make_world()
    campaign.excluded_lists.set(ContactList.objects.all())
    campaign.accounts.set(Account.objects.all())
    user = User.objects.get()
    user.groups.add(Group.objects.create(name="readers"))
    Segment.objects.create(name="s", conditions={"kind": "list", "lists": [1]})
    campaign.segments.set(Segment.objects.all())
    for row in model.objects.all()[:3]:
        answer = operator.get(address_of(row), follow=True)
        assert answer.status_code in {200, 403}
        assert "object (" not in answer.content.decode()
    keys = list(model.objects.values_list("pk", flat=True)[:3])
    data = {"action": "delete_selected", "_selected_action": keys}
    assert "object (" not in operator.post(list_of(model), data, follow=True).content.decode()


def test_an_excluded_list_is_needed_by_an_archived_campaign_too(operator: Client) -> None:
    campaign = make_campaign("spring")
    excluded = make_people("never", [100_001])
    campaign.excluded_lists.add(excluded)
    archive_row(row=campaign)
    page = operator.get(address_of(excluded)).content.decode()
    assert "would send to its people without it: “spring”" in page
    assert "Archive" in page
    operator.post(address_of(excluded))
    assert ContactList.objects.filter(pk=excluded.pk).exists()


def test_a_refused_deletion_offers_archiving_on_the_same_page(operator: Client) -> None:
    members = make_people("members", [100_001])
    campaign = make_campaign("spring", lists=[members])
    page = operator.get(address_of(members)).content.decode()
    assert "Campaigns that can still be started use it: “spring”" in page
    assert 'name="_retire"' in page
    said = operator.post(address_of(members), {"_retire": "1"}, follow=True).content.decode()
    assert "“members” is archived." in said
    members.refresh_from_db()
    assert members.archived_at is not None
    assert list(campaign.lists.all()) == [members]
    entries = AuditEntry.objects.filter(object_type="contacts.contactlist")
    assert entries.get(object_id=str(members.pk)).sentence == "Archive"
    back = operator.post(address_of(members, "restore"), follow=True).content.decode()
    assert "Restored: “members”." in back
    members.refresh_from_db()
    assert members.archived_at is None


@pytest.mark.parametrize("model", ARCHIVABLE, ids=lambda model: model._meta.label)
def test_archived_rows_leave_the_list_and_the_filter_finds_them(
    model: Any, operator: Client
) -> None:
    make_world()
    Segment.objects.create(name="s", conditions={"kind": "list", "lists": [1]})
    CampaignRun.objects.transition(to=RunState.CANCELLED) if model is Campaign else None
    if model is AccountPool:
        AccountPool.objects.create(name="p")
    if model is Sequence:
        Sequence.objects.create(name="q")
    row = model.objects.first()
    assert row is not None
    name = str(getattr(row, "name", "") or getattr(row, "file_name", ""))
    data = {"action": "archive", "_selected_action": [row.pk]}
    assert "Archived: " in operator.post(list_of(model), data, follow=True).content.decode()
    shown = operator.get(list_of(model)).context["cl"].queryset
    assert row not in shown, name
    archived = operator.get(list_of(model), {"archived": "yes"}).context["cl"].queryset
    assert list(archived) == [row]
    both = operator.get(list_of(model), {"archived": "all"}).context["cl"].queryset
    assert row in both
    restored = operator.post(
        f"{list_of(model)}?archived=yes", {"action": "restore", "_selected_action": [row.pk]}
    )
    assert restored.status_code == 302
    assert row in operator.get(list_of(model)).context["cl"].queryset


def test_archived_rows_are_not_offered_and_a_campaign_keeps_what_it_has(operator: Client) -> None:
    make_sender(friends=[100_001])
    members, never = make_people("members", [100_001]), make_people("never", [100_002])
    other = make_people("other", [100_003])
    campaign = make_campaign("spring", lists=[members])
    campaign.excluded_lists.add(never)
    for row in (members, never, other):
        archive_row(row=row)
    asked = {"app_label": "campaigns", "model_name": "campaign", "field_name": "lists"}
    offered = operator.get("/autocomplete/", asked).json()["results"]
    assert offered == []
    page = operator.get(address_of(campaign, "change"))
    form = page.context["adminform"].form
    data = {name: form[name].value() for name in form.fields if form[name].value() is not None} | {
        "starts_at_0": "",
        "starts_at_1": "",
        "lists": [members.pk],
        "template": "",
    }
    data["excluded_lists"] = [never.pk]
    data["accounts"] = data["segments"] = []
    data["name"] = "spring 2"
    answer = operator.post(address_of(campaign, "change"), data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    campaign.refresh_from_db()
    assert campaign.name == "spring 2"
    assert list(campaign.excluded_lists.all()) == [never]
    refused = operator.post(address_of(campaign, "change"), {**data, "lists": [other.pk]})
    assert "was deleted or archived meanwhile" in refused.content.decode()
    assert start_campaign(campaign=campaign).state == RunState.PREPARING


def test_archived_rows_are_refused_by_the_services(tmp_path: Any) -> None:
    members, others = make_people("members", [100_001]), make_people("others", [])
    segment = Segment.objects.create(name="s", conditions={"kind": "list", "lists": []})
    template = MessageTemplate.objects.create(name="t", text="x")
    campaign = make_campaign("spring", lists=[members])
    for row in (members, segment, template, campaign):
        archive_row(row=row)
        with pytest.raises(Refusal, match="archived already"):
            archive_row(row=row)
    attempts: list[Any] = [
        lambda: find_lists(names=["members"]),
        lambda: find_segments(names=["s"]),
        lambda: find_template(name="t"),
        lambda: start_campaign(campaign=campaign),
        lambda: combine_lists(into=members, any_of=[others]),
        lambda: upload_import(blocks=[b"uin\n100001"], file_name="a.csv", contact_list=members),
    ]
    for attempt in attempts:
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "archived"
    restore_row(row=members)
    assert find_lists(names=["members"]) == [members]
    with pytest.raises(Refusal, match="not archived"):
        restore_row(row=members)


def test_a_campaign_says_which_figures_go_and_all_of_them_go(operator: Client) -> None:
    campaign = make_world()
    page = operator.get(address_of(campaign)).content.decode()
    assert "“双十一 #1”" in page
    operator.post(address_of(campaign))
    with pytest.raises(Refusal):
        archive_row(row=campaign)  # it would be sent unseen
    CampaignRun.objects.transition(to=RunState.CANCELLED)
    page = operator.get(address_of(campaign)).content.decode()
    assert "1 run is deleted, with its report: 14 deliveries, 2 of them sent." in page
    operator.post(address_of(campaign))
    for model in (Campaign, CampaignRun, Delivery, Attempt, Tally):
        assert not model.objects.exists(), model
    assert Contact.objects.exists()


def test_a_campaign_with_too_large_a_report_is_archived(
    monkeypatch: pytest.MonkeyPatch, operator: Client
) -> None:
    assert MOST_DELIVERIES == 20_000
    monkeypatch.setattr("campaigns.uses.of_campaigns.MOST_DELIVERIES", 10)
    campaign = make_world()
    CampaignRun.objects.transition(to=RunState.CANCELLED)
    with pytest.raises(Refusal, match="Archive it instead"):
        delete_row(row=campaign)
    archive_row(row=campaign)
    assert Delivery.objects.count() == 14


def test_a_template_an_account_and_an_egress_say_what_needs_them(operator: Client) -> None:
    campaign = make_world()
    template, account, egress = (
        MessageTemplate.objects.get(),
        Account.objects.all()[0],
        Egress.objects.get(),
    )
    assert f"“{campaign}”" in operator.get(address_of(template)).content.decode()
    page = operator.get(address_of(account)).content.decode()
    assert "Reports need it" in page
    assert "Disable" in page
    operator.post(address_of(account), {"_retire": "1"})
    account.refresh_from_db()
    assert account.state == AccountState.DISABLED
    assert "A worker uses it now" in operator.get(address_of(egress)).content.decode()
    operator.post(address_of(egress), {"_retire": "1"})
    egress.refresh_from_db()
    assert not egress.is_enabled


def test_an_account_that_a_segment_asks_about_is_not_deleted() -> None:
    account = make_sender()
    condition = {"not": {"kind": "friend_of", "accounts": [account.uin]}}
    Segment.objects.create(name="strangers", conditions={"all": [condition]})
    with pytest.raises(Refusal, match="strangers"):
        delete_row(row=account)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "running"}, "not finished"),
        ({"state": "done", "created": 3}, "new: 3"),
        ({"state": "uploaded"}, ""),
        ({"state": "undone", "created": 3}, ""),
    ],
)
def test_the_record_of_an_import_stays_while_people_came_with_it(
    values: dict[str, Any], words: str, operator: Client
) -> None:
    made = ContactImport.objects.create(file_name="客户.csv", **values)
    page = operator.get(address_of(made)).content.decode()
    operator.post(address_of(made))
    assert ContactImport.objects.exists() == bool(words)
    assert words in page


def test_an_operator_in_the_audit_trail_is_deactivated_instead(operator: Client) -> None:
    other = User.objects.create_superuser("other", "", "x")
    with acting(channel=BROWSER, user=other):
        say("Something.")
    page = operator.get(address_of(other)).content.decode()
    assert "1 entry of the audit trail" in page
    operator.post(address_of(other))
    assert User.objects.filter(pk=other.pk).exists()
    operator.post(address_of(other), {"_retire": "1"})
    other.refresh_from_db()
    assert not other.is_active
    oneself = User.objects.get(username="op")
    assert operator.post(address_of(oneself), {"_retire": "1"}).status_code == 403
    oneself.refresh_from_db()
    assert oneself.is_active


def test_a_campaign_started_between_the_page_and_the_click_is_seen(operator: Client) -> None:
    make_sender(friends=[100_001])
    members = make_people("members", [100_001])
    campaign = make_campaign("spring", lists=[members])
    archive_row(row=campaign)
    assert "q-danger" in operator.get(address_of(members)).content.decode()
    restore_row(row=campaign)
    start_campaign(campaign=campaign)
    said = operator.post(address_of(members), follow=True).content.decode()
    assert "“spring #1”" in said
    assert Membership.objects.exists()


def test_starting_a_campaign_that_was_deleted_or_archived_meanwhile_is_refused() -> None:
    make_sender(friends=[100_001])
    stale = make_campaign("spring", lists=[make_people("members", [100_001])])
    archive_row(row=Campaign.objects.get())
    with pytest.raises(Refusal, match="archived"):
        start_campaign(campaign=stale)
    assert not CampaignRun.objects.exists()


def test_rows_that_are_gone_are_counted_and_the_others_are_acted_on(operator: Client) -> None:
    one, other = make_people("one", []), make_people("other", [])
    other.delete()
    chosen = [one.pk, other.pk, "9" * 30, "²", "x\x00", "9" * 5000]
    data = {"action": "archive", "_selected_action": chosen}
    said = operator.post(list_of(ContactList), data, follow=True).content.decode()
    assert "5 of the selected rows have been deleted meanwhile." in said
    assert "Archived: “one”." in said
    data = {"action": "delete_selected", "_selected_action": [other.pk], "is_confirmed": "1"}
    said = operator.post(list_of(ContactList), data, follow=True).content.decode()
    assert "1 of the selected rows has been deleted meanwhile." in said
    gone = f"/contacts/contactlist/{other.pk}/delete/"
    assert "deleted already" in operator.post(gone, follow=True).content.decode()


def test_a_viewer_neither_archives_nor_deletes(operator: Client, client: Client) -> None:
    members = make_people("members", [])
    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    from django.contrib.auth.models import Permission

    viewer.user_permissions.add(Permission.objects.get(codename="view_contactlist"))
    client.force_login(viewer)
    assert client.post(address_of(members), {"_retire": "1"}).status_code == 403
    assert client.post(address_of(members, "restore")).status_code == 403
    client.post(list_of(ContactList), {"action": "archive", "_selected_action": [members.pk]})
    members.refresh_from_db()
    assert members.archived_at is None


def test_the_command_line_archives_restores_and_deletes(capsys: pytest.CaptureFixture[str]) -> None:
    make_campaign("spring")

    def told(*arguments: str) -> tuple[int, Any]:
        status = 0
        try:
            call_command("campaign", *arguments, "--json")
        except SystemExit as ended:
            status = int(ended.code or 0)
        return status, json.loads(capsys.readouterr().out)

    status, data = told("archive", "spring")
    assert (status, data["campaign"], data["archived_at"][-1]) == (0, "spring", "Z")
    assert told("archive", "spring")[1]["error"] == "archived"
    assert told("start", "spring")[0] == 1
    assert told("restore", "spring") == (0, {"campaign": "spring", "archived_at": None})
    assert told("delete", "spring") == (0, {"campaign": "spring", "deleted": True, "runs": 0})
    assert told("delete", "spring")[1]["error"] == "campaign_unknown"
