"""A test of a campaign goes to chosen people like any message, and no figure counts it."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from campaigns.creation.variants import NewVariant, add_variants
from campaigns.models import Campaign, TestRun
from campaigns.planning.text_choice import choice_of_campaign
from campaigns.run_control.test_send import LONGEST_TEST, send_test
from campaigns.writing.templates import create_template
from clocks import shared
from contacts.models import Contact, Suppression
from contacts.people.erase import erase_person
from foundation.refusals import Refusal
from qqhttp.simulator import GatewaySimulator
from sending.models import Delivery, QuietHours, Run
from sending.reconcile import reconcile
from sending.runs.figures import check_figures, figures_of
from tests.campaigns.factories import make_campaign, make_list
from tests.commandline import manage
from tests.console.sample_data import make_operator
from tests.sending.conftest import friends_of
from tests.sending.working import LocalWorker, wait_until


@pytest.fixture
def campaign(senders: list[Account]) -> Campaign:
    """A draft to the friends of the first account, once a week to a person at most."""
    members = make_list("all", friends_of(0))
    return make_campaign(
        "spring", lists=[members], text="你好 {{ name }}", cap_most=1, cap_days=7.0
    )


def _refused(campaign: Campaign, uins: list[int], account: Account) -> str:
    with pytest.raises(Refusal) as refusal:
        send_test(campaign=campaign, uins=uins, account=account)
    assert refusal.value.sentence
    assert not TestRun.objects.filter(state__in=["running", "preparing", "draft"]).exists()
    assert not Delivery.objects.filter(state="pending").exists()
    return refusal.value.code


def test_a_test_arrives_and_counts_nowhere(
    campaign: Campaign, senders: list[Account], engine: GatewaySimulator
) -> None:
    one, two = friends_of(0)[:2]
    with LocalWorker() as worker:
        said = manage(
            "campaign",
            "test",
            "spring",
            "--to",
            one,
            two,
            "--account",
            senders[0].uin,
            "--json",
            "--timeout",
            8,
        )
        assert said.status == 0, (said, worker.deaths)
        wait_until(_is_over, what="end of the test")
        assert [item["state"] for item in said.json["items"]] == ["sent", "sent"]
        assert said.json["items"][0]["text"] == f"你好 人{one}"
        assert engine.control.check([(one, f"你好 人{one}"), (two, f"你好 人{two}")]).is_exact
        test = TestRun.objects.get()
        assert check_figures(run=test) == []
        assert not campaign.runs.exists()
        assert manage("campaign", "status", "spring", "--json").json["state"] == "draft"
    assert test.origin == f"test:{campaign.pk}"


@pytest.mark.slow
def test_each_gets_their_own_variant_and_language_or_the_one_that_is_named(
    campaign: Campaign, senders: list[Account], engine: GatewaySimulator
) -> None:
    english = friends_of(0)[0]
    Contact.objects.filter(uin=english).update(attributes={"language": "en-GB"})
    campaign.text = ""
    campaign.save()
    template = create_template(name="B", texts={"": "乙", "en": "bee"})
    add_variants(
        campaign=campaign,
        variants=[NewVariant("A", 1, "甲"), NewVariant("B", 1, template=template)],
    )
    command = ("campaign", "test", "spring", "--account", senders[0].uin, "--json", "--to")
    with LocalWorker():
        said = manage(*command, *friends_of(0)[:2], "--variant", "B")
        assert [item["text"] for item in said.json["items"]] == ["bee", "乙"]
        wait_until(_is_over, what="end of the test")
        said = manage(*command, *friends_of(0))
        wait_until(_is_over, what="end of the second test")
    own = {item["uin"]: item["text"] for item in said.json["items"]}
    choice = choice_of_campaign(campaign)
    for person in Contact.objects.all():
        number = choice.number_of(uin=person.uin, attributes=person.attributes)
        assert own[person.uin] == {1: "甲", 2: "乙", 3: "bee"}[number]
    assert {"甲"} < set(own.values())
    refused = manage(*command, english, "--variant", "C")
    assert (refused.status, refused.json["error"]) == (1, "variant_unknown")


def _is_over() -> bool:
    """Reconcile, as beat does; return whether no test is active."""
    reconcile()
    return not TestRun.objects.filter(state="running").exists()


def test_the_cap_of_a_run_does_not_count_a_test(
    campaign: Campaign, senders: list[Account], engine: GatewaySimulator
) -> None:
    with LocalWorker():
        manage("campaign", "test", "spring", "--to", friends_of(0)[0], "--account", senders[0].uin)
        wait_until(_is_over, what="end of the test")
    said = manage("campaign", "preflight", "spring", "--json").json
    assert (said["targeted"], said["skipped"]) == (12, {})
    assert Delivery.objects.get().state == "sent"


@pytest.mark.parametrize(
    ("which", "code"),
    [
        ("suppressed", "suppressed"),
        ("of the list", "suppressed"),
        ("stranger", "not_a_friend"),
        ("nobody", "contact_unknown"),
        ("too many", "test_people"),
        ("quarantined", "account_stopped"),
        ("quiet", "quiet_hours"),
        ("text", "text_unsendable"),
    ],
)
def test_who_must_not_get_it_gets_no_test(
    campaign: Campaign, senders: list[Account], which: str, code: str
) -> None:
    uin, uins, account = friends_of(0)[0], [friends_of(0)[0]], senders[0]
    if which == "suppressed":
        Suppression.objects.create(uin=uin)
    elif which == "of the list":
        Suppression.objects.create(uin=uin, contact_list=campaign.lists.get())
    elif which == "stranger":
        account = senders[1]
    elif which == "nobody":
        uins = [99]
    elif which == "too many":
        uins = list(range(1, 100))
    elif which == "quarantined":
        Account.objects.filter(pk=account.pk).update(state="quarantined")
        account.refresh_from_db()
    elif which == "quiet":
        zone = campaign.timezone
        QuietHours.objects.create(timezone=zone, start=time(0), end=time(12))
        QuietHours.objects.create(timezone=zone, start=time(12), end=time(0))
    else:
        Campaign.objects.update(text="{{ name | remove: name }}")
        campaign.refresh_from_db()
    assert _refused(campaign, uins, account) == code


def test_a_second_test_waits_for_the_first(campaign: Campaign, senders: list[Account]) -> None:
    first = send_test(campaign=campaign, uins=friends_of(0)[:1], account=senders[0])
    with pytest.raises(Refusal) as refusal:
        send_test(campaign=campaign, uins=friends_of(0)[:1], account=senders[0])
    assert refusal.value.code == "test_active"
    assert TestRun.objects.count() == Run.objects.count() == 1
    Run.objects.filter(pk=first.pk).update(deadline_at=shared.wall() - LONGEST_TEST)
    reconcile()
    wait_until(_is_over, what="end of the test")
    assert figures_of(run=Run.objects.get()).cancelled == 1
    assert send_test(campaign=campaign, uins=friends_of(0)[:1], account=senders[0]).number == 2


def test_an_erased_person_leaves_no_trace_in_a_test(
    campaign: Campaign, senders: list[Account]
) -> None:
    uin = friends_of(0)[0]
    send_test(campaign=campaign, uins=[uin], account=senders[0])
    contact = Contact.objects.get(uin=uin)
    with pytest.raises(Refusal) as refusal:
        erase_person(contact=contact)
    assert refusal.value.code == "open_delivery"
    Run.objects.update(deadline_at=shared.wall() - LONGEST_TEST)
    wait_until(_is_over, what="end of the test")
    erase_person(contact=contact)
    assert list(Delivery.objects.values_list("uin", "text")) == [(0, "")]


def test_the_command_says_what_a_test_waits_for(campaign: Campaign, senders: list[Account]) -> None:
    said = manage(
        *("campaign", "test", "spring", "--to", friends_of(0)[0], "--account", senders[0].uin),
        *("--timeout", "0.1", "--json"),
    )
    assert (said.status, said.json["items"][0]["state"]) == (1, "pending")
    assert said.json["why"]


def test_the_page_sends_and_shows_it(
    campaign: Campaign, senders: list[Account], client: Client
) -> None:
    client.force_login(make_operator())
    page = reverse("admin:campaigns_campaign_test", args=[campaign.pk])
    assert "No test was sent yet." in client.get(page).content.decode()
    wrong = client.post(page, {"to": "99", "account": senders[0].pk}).content.decode()
    assert "There is no contact 99" in wrong
    uin = friends_of(0)[0]
    shown = client.post(page, {"to": str(uin), "account": senders[0].pk}, follow=True)
    assert f"人{uin}" in shown.content.decode()
    rows = client.get(reverse("admin:sending_delivery_changelist")).content.decode()
    assert "spring test 1" in rows
    delivery = Delivery.objects.get()
    one = client.get(reverse("admin:sending_delivery_change", args=[delivery.pk]))
    assert one.status_code == 200


def test_a_viewer_sends_no_test(campaign: Campaign, senders: list[Account], client: Any) -> None:
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_campaign"))
    client.force_login(user)
    page = reverse("admin:campaigns_campaign_test", args=[campaign.pk])
    assert "Send the test" not in client.get(page).content.decode()
    post = {"to": str(friends_of(0)[0]), "account": senders[0].pk}
    assert client.post(page, post).status_code == 403
    assert not TestRun.objects.exists()
