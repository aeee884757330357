"""Variants in the console: the form's table, the comparison, the list of deliveries."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, CampaignVariant, MessageTemplate
from contacts.models import Contact
from sending.models import Delivery
from tests.campaigns.factories import make_account, make_inbound, make_list
from tests.campaigns.variants import campaign_with, people_in, planned_run
from tests.console.test_planning_choices import errors, filled, page

pytestmark = pytest.mark.django_db
UINS = range(100_000, 100_060)


def table(*rows: tuple[str, str, str, str], field: str = "variants") -> dict[str, str]:
    """Return what the table of variants posts."""
    parts = ("name", "weight", "template", "text")
    shown = [*rows, ("", "1", "", "")]
    return {
        f"{field}_{number}_{part}": value
        for number, row in enumerate(shown)
        for part, value in zip(parts, row, strict=True)
    }


def create(operator: Client, **columns: Any) -> Any:
    lists = [make_list("all", UINS[:3]).pk]
    return operator.post(
        reverse("admin:campaigns_campaign_add"), filled(text="", lists=lists, **columns)
    )


def stored(campaign: Campaign) -> list[tuple[str, int, str | None, str]]:
    rows = campaign.variants.order_by("pk")
    return list(rows.values_list("name", "weight", "template__name", "text"))


def test_a_campaign_with_variants_is_made_and_changed_in_the_browser(operator: Client) -> None:
    template = MessageTemplate.objects.create(name="long", text="good day {{ name }}")
    rows = [("A", "1", "", "hi"), ("B", "3", str(template.pk), "")]
    assert create(operator, holdout="12.5", **table(*rows)).status_code == 302
    campaign = Campaign.objects.get(name="follow-up")
    assert stored(campaign) == [("A", 1, None, "hi"), ("B", 3, "long", "")]
    assert campaign.holdout == 12.5
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    form = operator.get(address)
    assert "75.0 %" in form.content.decode()
    lists = [one.pk for one in campaign.lists.all()]
    before = list(campaign.variants.values_list("pk", flat=True))
    unchanged = filled(text="", lists=lists, **table(*rows))
    assert operator.post(address, unchanged).status_code == 302
    assert list(campaign.variants.values_list("pk", flat=True)) == before
    changed = filled(text="", lists=lists, **table(("C", "1", "", "a\r\nb"), rows[0]))
    assert operator.post(address, changed).status_code == 302
    assert [name for name, *_ in stored(campaign)] == ["C", "A"]
    assert set(CampaignVariant.history.values_list("history_type", flat=True)) == {"+", "-"}


@pytest.mark.parametrize(
    ("rows", "more", "sentence"),
    [
        ([("A", "0", "", "hi")], {}, "The weight of variant “A” must be from 1 to 1000."),
        ([("A", "x", "", "hi")], {}, "Each variant needs a weight"),
        ([("", "1", "", "hi")], {}, "A variant needs a name"),
        ([("A", "1", "", "hi"), ("a", "1", "", "ho")], {}, "Two variants have the name “a”."),
        ([("A", "1", "", "")], {}, "Variant “A” has no text."),
        ([("A", "1", "", "{{ nmae }}")], {}, "Variant “A”:"),
        ([("A", "1", "999999", "")], {}, "Choose a template of the list."),
        ([("A", "1", "x", "")], {}, "Choose a template of the list."),
        ([("A", "1", "", "hi")], {"text": "hi"}, "A campaign with variants has no other text"),
    ],
)
def test_wrong_variants_are_refused_at_their_field(
    operator: Client, rows: list[tuple[str, str, str, str]], more: dict[str, str], sentence: str
) -> None:
    lists = [make_list("all", UINS[:3]).pk]
    data = {**filled(text="", lists=lists), **table(*rows), **more}
    found = errors(operator.post(reverse("admin:campaigns_campaign_add"), data))
    assert sentence in found["variants"][0]
    assert not Campaign.objects.exists()


def test_two_people_who_change_the_variants_are_asked(operator: Client) -> None:
    campaign = campaign_with({"A": 1, "B": 1}, lists=[make_list("all", UINS[:3])])
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    shown = operator.get(address).context["adminform"].form
    CampaignVariant.objects.filter(name="B").update(weight=5)
    rows = [("A", "1", "", "text A"), ("B", "2", "", "text B")]
    lists = [one.pk for one in campaign.lists.all()]
    data = filled(name="spring", text="", lists=lists, **table(*rows), _seen=shown.seen_token)
    form = operator.post(address, data).context["adminform"].form
    (conflict,) = [one for one in form.conflicts if one.name == "variants"]
    assert conflict.theirs == "A (1): text A; B (5): text B"
    assert conflict.mine == "A (1): text A; B (2): text B"
    assert CampaignVariant.objects.get(name="B").weight == 5


def test_the_comparison_leads_to_its_rows(operator: Client) -> None:
    account = make_account(friends=UINS)
    campaign = campaign_with({"A": 1, "B": 1}, lists=[people_in("all", UINS)], holdout=10)
    run = planned_run(campaign)
    Delivery.objects.filter(run=run, text_number=1).update(state="sent", sent_at=timezone.now())
    first = Delivery.objects.filter(run=run, text_number=1).order_by("pk")[0]
    make_inbound(account, first.uin)
    whole = operator.get(page(campaign)).content.decode()
    assert page(campaign, "variants") in whole
    assert "B (1)" in whole
    shown = operator.get(page(campaign, "variants"))
    a, b, holdout = shown.context["rows"]
    assert (a["name"], a["share"], b["name"], holdout["name"]) == ("A", "50.0 %", "B", "holdout")
    assert a["replied"].n == 1
    for row, figure in [(a, "assigned"), (a, "replied"), (b, "assigned"), (holdout, "assigned")]:
        rows = operator.get(row[figure].address)
        assert len(rows.context["cl"].result_list) == row[figure].n
    assert "Too little data to compare the replies." in shown.content.decode()
    listed = operator.get(a["assigned"].address).content.decode()
    assert ">A<" in listed.replace("\n", "").replace(" ", "")


def test_a_person_and_a_delivery_show_the_variant_and_its_text(operator: Client) -> None:
    make_account(friends=UINS)
    run = planned_run(campaign_with({"A": 1, "B": 1}, lists=[people_in("all", UINS)]))
    delivery = Delivery.objects.filter(run=run, text_number=2).order_by("pk")[0]
    address = reverse("admin:sending_delivery_change", args=[delivery.pk])
    assert "text B" in operator.get(address).content.decode()
    contact = Contact.objects.get(uin=delivery.uin)
    person = operator.get(reverse("admin:contacts_contact_change", args=[contact.pk]))
    assert "text B" in person.content.decode()


def test_a_viewer_sees_the_variants_and_changes_nothing(client: Client) -> None:
    campaign = campaign_with({"A": 1, "B": 1}, lists=[people_in("all", UINS)])
    make_account(friends=UINS)
    planned_run(campaign)
    viewer = User.objects.create_user("viewer", is_staff=True)
    client.force_login(viewer)
    assert client.get(page(campaign, "variants")).status_code == 403
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    assert client.get(page(campaign, "variants")).status_code == 200
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    assert "A (1): text A; B (1): text B" in client.get(address).content.decode()
    client.post(address, filled(text="hi", **table()))
    assert len(stored(campaign)) == 2


def test_a_test_is_made_in_the_form_and_its_variant_is_chosen_on_the_page(
    operator: Client,
) -> None:
    rows = [("A", "1", "", "hi"), ("B", "1", "", "ho")]
    more: dict[str, str] = {"test_share": "50", "decide_by": "replies"}
    assert create(operator, **more, **table(*rows)).status_code == 302
    made = Campaign.objects.get(name="follow-up")
    assert (int(made.test_share), made.decide_by) == (50, "replies")
    assert made.decide_after == 14_400
    make_account(friends=UINS)
    campaign = campaign_with({"A": 1, "B": 1}, lists=[people_in("more", UINS[3:])], test_share=50)
    run = planned_run(campaign)
    shown = operator.get(page(campaign, "variants"))
    a, b, rest = shown.context["rows"]
    assert (a["name"], b["name"], rest["name"]) == ("A", "B", "rest")
    for row in (a, b, rest):
        listed = operator.get(row["assigned"].address)
        assert len(listed.context["cl"].result_list) == row["assigned"].n
    assert "by hand" in shown.content.decode()
    (_first, (name, address)) = shown.context["offered"]
    asked = operator.get(address).content.decode()
    assert name == "B"
    assert f"{rest['assigned'].n} people wait for the choice" in asked
    run.refresh_from_db()
    assert not run.chosen_variant
    answer = operator.post(address, follow=True).content.decode()
    assert "goes to the rest" in answer
    run.refresh_from_db()
    assert (run.chosen_variant, run.holds_rest) == ("B", False)
    again = operator.post(address.replace("variant=B", "variant=A"), follow=True).content.decode()
    assert "was chosen already" in again
    assert operator.get(address.replace("variant=B", "variant=none")).status_code == 404
    assert not operator.get(page(campaign, "variants")).context["offered"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"test_share": "95"}, "test_share"),
        ({"test_share": "20"}, "test_share"),
        ({"decide_by": "replies"}, "test_share"),
        ({"test_share": "20", "decide_by": "replies", "decide_after": "soon"}, "decide_after"),
        ({"test_share": "20", "decide_by": "hand", "decide_after": "4h"}, "decide_after"),
    ],
)
def test_a_wrong_test_is_refused_at_its_field(
    operator: Client, more: dict[str, str], field: str
) -> None:
    rows = [("A", "1", "", "hi")]
    assert field in errors(create(operator, **more, **table(*rows)))
    assert not Campaign.objects.exists()


def test_a_viewer_cannot_choose(client: Client) -> None:
    make_account(friends=UINS)
    campaign = campaign_with({"A": 1, "B": 1}, lists=[people_in("all", UINS)], test_share=50)
    run = planned_run(campaign)
    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_campaign"))
    client.force_login(viewer)
    assert not client.get(page(campaign, "variants")).context["offered"]
    address = page(campaign, "choose") + "?variant=A"
    assert client.get(address).status_code == 403
    assert client.post(address).status_code == 403
    run.refresh_from_db()
    assert run.holds_rest


def test_a_save_of_another_field_leaves_variants_of_several_lines_alone(operator: Client) -> None:
    """A browser posts CR LF for the line ends that are stored as LF."""
    campaign = campaign_with({"A": 1, "B": 1}, lists=[make_list("all", UINS[:3])])
    campaign.variants.update(text="one\ntwo")
    before = list(campaign.variants.order_by("pk").values_list("pk", "text"))
    rows = [("A", "1", "", "one\r\ntwo"), ("B", "1", "", "one\r\ntwo")]
    lists = [one.pk for one in campaign.lists.all()]
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    changed = filled(name="spring", text="", lists=lists, holdout="5", **table(*rows))
    assert operator.post(address, changed).status_code == 302
    campaign.refresh_from_db()
    assert campaign.holdout == 5
    assert list(campaign.variants.order_by("pk").values_list("pk", "text")) == before
