"""Planning in the console: follow-ups, late-comers, order and limits, the preflight."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, CampaignRun
from contacts.models import Contact
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)

pytestmark = pytest.mark.django_db
PEOPLE = range(100_000, 100_006)


@pytest.fixture
def run() -> CampaignRun:
    """A finished run to six people: four got the message, sending to two failed."""
    account = make_account(20_001, friends=PEOPLE)
    campaign = make_campaign("spring", lists=[make_list("all", PEOPLE, points="3")])
    made = make_run(campaign, state=RunState.FINISHED, planned_at=timezone.now())
    for contact in Contact.objects.all():
        state = "failed" if contact.uin >= 100_004 else "sent"
        make_delivery(made, contact, state=state, account=account, sent_at=timezone.now())
    return made


def page(campaign: Campaign, name: str = "page", *args: object) -> str:
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk, *args])


def filled(**columns: Any) -> dict[str, Any]:
    """Return what the form of a new campaign sends."""
    return {
        "name": "follow-up",
        "text": "hi",
        "promise": "never-twice",
        "on_lost_account": "fail",
        "late": "send",
        "timezone": "Asia/Shanghai",
        "sender": "keep",
        "order": "imported",
        **columns,
    }


def create(operator: Client, **columns: Any) -> Any:
    return operator.post(reverse("admin:campaigns_campaign_add"), filled(**columns))


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return found


def test_following_up_is_two_clicks(operator: Client, run: CampaignRun) -> None:
    shown = operator.get(page(run.campaign)).content.decode()
    links = re.findall(r'href="(/[^"]*campaign/add/\?[^"]*)"', shown)
    assert len(links) == 4
    form = operator.get(links[0].replace("&amp;", "&"))
    fields = form.context["adminform"].form
    assert fields["name"].value() == "spring: follow-up"
    choice = f"{run.campaign_id}:1:not-replied"
    assert re.search(rf'<option value="{choice}"[^>]*selected', form.content.decode())
    assert create(operator, earlier_people=[choice]).status_code == 302
    made = Campaign.objects.get(name="follow-up")
    assert made.earlier_people == [
        {"campaign": run.campaign_id, "number": 1, "group": "not-replied"}
    ]
    assert "spring #1: did not reply" in operator.get(page(made)).content.decode()
    found = operator.get(page(made, "preflight")).context["found"]
    assert (found.targeted, found.kept) == (4, 4)
    kept = operator.get(page(made, "preflight_people", "kept")).content.decode()
    assert "100003" in kept
    assert "100004" not in kept


def test_a_choice_stays_chosen_when_the_form_is_opened_again(
    operator: Client, run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.admin.planning_fields.MOST_RUNS", 0)
    choice = f"{run.campaign_id}::failed"
    create(operator, earlier_people=[choice], excluded_earlier_people=[f"{run.campaign_id}:1:sent"])
    made = Campaign.objects.get(name="follow-up")
    shown = operator.get(reverse("admin:campaigns_campaign_change", args=[made.pk]))
    assert re.search(rf'<option value="{choice}"[^>]*selected', shown.content.decode())
    assert made.earlier_people == [{"campaign": run.campaign_id, "number": None, "group": "failed"}]


@pytest.mark.parametrize(
    "choice",
    ["9999:1:sent", "1:77:sent", "x", "1:1:answered", ":::", "²:1:sent", f"{'9' * 5000}:1:sent",
     "\0", "\ud800", "1:1:sent:more"],
)  # fmt: skip
def test_a_choice_that_names_no_run_is_refused(
    operator: Client, run: CampaignRun, choice: str
) -> None:
    answer = create(operator, earlier_people=[choice.encode("utf-8", "replace").decode()])
    assert "earlier_people" in errors(answer)
    address = reverse("admin:campaigns_campaign_add")
    assert operator.get(address, {"earlier_people": choice.encode("utf-8", "replace")}).status_code


def test_an_order_and_limits_in_the_form(operator: Client, run: CampaignRun) -> None:
    lists = [make_list("all").pk]
    answer = create(
        operator,
        lists=lists,
        sender="spread",
        order="attribute",
        order_attribute="points",
        order_descending="on",
        cap_most="2",
        cap_days="7",
        once_across=[run.campaign_id],
    )
    assert answer.status_code == 302
    made = Campaign.objects.get(name="follow-up")
    assert (made.sender, made.order, made.order_attribute, made.order_descending) == (
        "spread",
        "attribute",
        "points",
        True,
    )
    assert (made.cap_most, made.cap_days, list(made.once_across.all())) == (2, 7, [run.campaign])
    facts = operator.get(page(made)).content.decode()
    assert "at most 2 messages in 7 days" in facts
    assert "points (highest first)" in facts
    newest = made.history.first()
    assert newest is not None
    assert newest.cap_most == 2


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"cap_most": "2"}, "cap_days"),
        ({"cap_days": "7"}, "cap_most"),
        ({"cap_most": "0", "cap_days": "7"}, "cap_most"),
        ({"cap_most": "2", "cap_days": "nan"}, "cap_days"),
        ({"cap_most": "2", "cap_days": "1e300"}, "cap_days"),
        ({"cap_most": "9" * 500, "cap_days": "7"}, "cap_most"),
        ({"cap_most": "²", "cap_days": "7"}, "cap_most"),
        ({"order": "attribute"}, "order_attribute"),
        ({"order": "attribute", "order_attribute": "point"}, "order_attribute"),
        ({"order": "best"}, "order"),
        ({"sender": "any"}, "sender"),
        ({"once_across": ["9999"]}, "once_across"),
    ],
)
def test_what_no_plan_can_go_by_is_refused_beside_its_field(
    operator: Client, run: CampaignRun, columns: dict[str, Any], field: str
) -> None:
    answer = create(operator, lists=[make_list("all").pk], **columns)
    assert set(errors(answer)) == {field}
    assert not Campaign.objects.filter(name="follow-up").exists()


def test_late_comers_are_added_by_a_button(operator: Client, run: CampaignRun) -> None:
    CampaignRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    make_list("all", [100_010, 100_011])
    assert "Add late-comers" in operator.get(page(run.campaign)).content.decode()
    question = operator.get(page(run.campaign, "do", "add-late-comers")).content.decode()
    assert "No person gets it twice" in question
    answer = operator.post(page(run.campaign, "do", "add-late-comers"), follow=True)
    assert "2 people who joined the audience were added." in answer.content.decode()
    answer = operator.post(page(run.campaign, "do", "add-late-comers"), follow=True)
    assert "No new people have joined the audience" in answer.content.decode()
    CampaignRun.objects.filter(pk=run.pk).update(state=RunState.FINISHED)
    answer = operator.post(page(run.campaign, "do", "add-late-comers"), follow=True)
    assert "people can be added only while it is running or paused" in answer.content.decode()


def test_the_preflight_warns_of_other_campaigns_and_of_strangers(
    operator: Client, run: CampaignRun
) -> None:
    campaign = make_campaign("more", lists=[make_list("all", [100_050])], allows_strangers=True)
    run.campaign.accounts.clear()
    shown = operator.get(page(campaign, "preflight")).content.decode()
    assert "spring #1 writes or wrote to 4 of these people within a week." in shown
    assert "1 recipient (14 %) is a stranger" in shown
    account = run.deliveries.first()
    assert account is not None
    account.account.__class__.objects.update(friends_synced_at="2026-01-01T00:00:00Z")  # type: ignore[union-attr]
    shown = operator.get(page(campaign, "preflight")).content.decode()
    assert "The friend list of 1 account is older than a day" in shown
