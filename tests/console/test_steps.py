"""Making a campaign step by step: what each step saves, keeps and refuses."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from campaigns.creation.create_campaign import create_campaign
from campaigns.models import Campaign
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import Contact, ContactImport, ContactList, Membership
from foundation.refusals import Refusal
from tests.campaigns.factories import make_account

pytestmark = pytest.mark.django_db

NEW = "/campaigns/campaign/new/"


def step(campaign: Campaign, name: str) -> str:
    return reverse("admin:campaigns_campaign_step", args=[campaign.pk, name])


def make_list(name: str = "会员", *, uins: range = range(20_001, 20_004)) -> ContactList:
    made = ContactList.objects.create(name=name)
    for uin in uins:
        person = Contact.objects.create(uin=uin, name=f"人{uin}")
        Membership.objects.create(contact=person, contact_list=made)
    return made


def begun(client: Client, **values: Any) -> Campaign:
    client.post(NEW, {"name": "春", **values})
    return Campaign.objects.get(name="春")


def test_looking_at_the_first_step_makes_nothing(operator: Client) -> None:
    page = operator.get(NEW)
    assert page.status_code == 200
    assert not Campaign.objects.exists()
    assert "Import people from a file" in page.content.decode()


def test_the_first_thing_typed_makes_a_draft(operator: Client) -> None:
    answer = operator.post(NEW, {"name": "春", "_live": "1"}).json()
    campaign = Campaign.objects.get()
    assert answer["address"] == step(campaign, "who")
    assert campaign.created_by is not None
    with pytest.raises(Refusal) as refusal:
        start_campaign(campaign=campaign)
    assert refusal.value.code == "no_text"


def test_a_name_that_another_campaign_has_stands_beside_its_field(operator: Client) -> None:
    people = make_list()
    create_campaign(name="春", lists=[people], text="hi")
    answer = operator.post(NEW, {"name": "春", "lists": [people.pk]})
    assert answer.status_code == 200
    assert Campaign.objects.count() == 1
    assert "name" in answer.context["form"].errors
    assert answer.context["form"]["name"].value() == "春"


def test_choices_of_people_are_saved_and_counted_as_they_are_made(operator: Client) -> None:
    people = make_list()
    campaign = begun(operator)
    answer = operator.post(
        step(campaign, "who"), {"name": "春", "lists": [people.pk], "_live": "1"}
    ).json()
    assert list(campaign.lists.all()) == [people]
    assert "<b>3</b><span>people</span>" in answer["result"]
    assert "not a friend" in answer["result"]
    assert not campaign.typed_steps.filter(step="who").exists()
    assert "Some friend lists are not known yet" not in answer["result"]  # there is no account
    make_account(10_001, friends_synced_at=None)
    shown = operator.get(step(campaign, "who")).content.decode()
    assert "Some friend lists are not known yet" in shown


def test_a_text_that_is_not_valid_yet_is_kept_and_comes_back(operator: Client) -> None:
    campaign = begun(operator, lists=[make_list().pk])
    entries, states = AuditEntry.objects.count(), campaign.history.count()
    operator.post(step(campaign, "what"), {"text": "你好 {{ nmae }}", "_live": "1"})
    campaign.refresh_from_db()
    assert campaign.text == ""
    back = operator.get(step(campaign, "what"))
    assert back.context["form"]["text"].value() == "你好 {{ nmae }}"
    # Typing is no decision: neither the history nor the audit trail has it.
    assert campaign.history.count() == states
    assert AuditEntry.objects.count() == entries
    answer = operator.post(step(campaign, "what"), {"text": "你好 {{ nmae }}"})
    assert "Did you mean" in str(answer.context["form"].errors["text"])
    assert answer.context["form"]["text"].value() == "你好 {{ nmae }}"
    onward = operator.post(step(campaign, "what"), {"text": "你好 {{ name }}"})
    assert onward["Location"] == step(campaign, "senders")
    campaign.refresh_from_db()
    assert campaign.text == "你好 {{ name }}"
    assert not campaign.typed_steps.filter(step="what").exists()
    assert AuditEntry.objects.count() == entries + 1


def test_errors_of_other_steps_wait_there(operator: Client) -> None:
    campaign = begun(operator)
    answer = operator.post(step(campaign, "when"), {"timezone": "Asia/Shanghai"})
    assert answer["Location"] == step(campaign, "check")
    page = operator.get(step(campaign, "check")).content.decode()
    assert "There is no text yet" in page
    assert "Start now" not in page


def test_the_calendar_shows_what_is_typed_before_it_is_saved(operator: Client) -> None:
    campaign = begun(operator, lists=[make_list().pk])
    typed = {
        "timezone": "Asia/Shanghai", "repeat_0": "daily", "repeat_1": "09:30", "repeat_times": "3",
        "windows_0": "09:00-11:30", "_live": "1",
    }  # fmt: skip
    answer = operator.post(step(campaign, "when"), typed).json()
    assert answer["result"].count(" starts") >= 3
    assert "09:00-11:30" in answer["result"]
    assert "closed" in answer["result"]
    campaign.refresh_from_db()
    assert campaign.repeat == ""


def test_a_started_campaign_is_not_made_any_more(operator: Client) -> None:
    campaign = begun(operator, lists=[make_list().pk])
    campaign.runs.create(number=1)
    answer = operator.get(step(campaign, "who"))
    assert answer["Location"] == reverse("admin:campaigns_campaign_page", args=[campaign.pk])
    operator.post(step(campaign, "what"), {"text": "later"})
    campaign.refresh_from_db()
    assert campaign.text == ""


def test_an_import_leads_back_with_its_people_chosen(operator: Client) -> None:
    campaign = begun(operator)
    answer = operator.post(step(campaign, "who"), {"name": "春", "go": "import"})
    upload = answer["Location"]
    assert upload.endswith(f"?next={step(campaign, 'who')}")
    people = make_list()
    found = ContactImport.objects.create(file_name="a.csv", contact_list=people, state="done")
    session = operator.session
    session["import_returns"] = {str(found.pk): step(campaign, "who")}
    session.save()
    page = operator.get(reverse("admin:contacts_contactimport_page", args=[found.pk]))
    onward = f"{step(campaign, 'who')}?list={people.pk}"
    assert onward in page.content.decode()
    back = operator.get(onward)
    assert back.context["form"]["lists"].value() == [str(people.pk)]
    assert not campaign.lists.exists()  # reading a page saves nothing


def test_an_import_leads_to_no_other_site(operator: Client, tmp_path: Any) -> None:
    from contacts.admin.import_return import SESSION_KEY

    for address in ("https://example.com/", "//example.com/x", "javascript:alert(1)"):
        file = tmp_path / "p.csv"
        file.write_text("uin\n20001\n")
        with file.open("rb") as opened:
            upload = reverse("admin:contacts_contactimport_upload")
            operator.post(f"{upload}?next={address}", {"file": opened, "policy": "overwrite"})
    assert SESSION_KEY not in operator.session


def test_a_month_shows_days_of_this_and_the_next(operator: Client) -> None:
    campaign = begun(operator)
    page = operator.get(step(campaign, "when"))
    first, second = page.context["months"]
    assert first.first.day == second.first.day == 1
    days = [day.date for week in first.weeks for day in week if day.date is not None]
    assert days == [date(first.first.year, first.first.month, n + 1) for n in range(len(days))]
