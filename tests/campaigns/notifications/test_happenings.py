"""Each event is found, once, and told to those who asked for it and to no one else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from campaigns.creation.notification_choice import CampaignChoice
from campaigns.models import Approval, Campaign, CampaignRun, Notification, Occurrence
from campaigns.notification_states import NotificationEvent
from campaigns.notifications.choose import choose_for_campaign, choose_for_user
from campaigns.notifications.make import make_notifications
from campaigns.planning.prepare import start_scheduled_runs
from campaigns.run_control.lifecycle import cancel_run, start_campaign
from clocks import shared
from contacts.models import Contact
from foundation.refusals import Refusal
from sending.models import Attempt
from sending.runs.breakers import stop_run
from sending.runs.transitions import change_run_state
from sending.states import RunState
from tests.campaigns.factories import make_account, make_delivery, make_list, make_run
from tests.campaigns.notifications.conftest import Time

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]
E = NotificationEvent


@pytest.fixture
def told(campaign: Campaign) -> Campaign:
    """A campaign that tells everything to one address."""
    choose_for_campaign(
        campaign=campaign, choice=CampaignChoice(E.values, addresses=["one@example.com"])
    )
    return campaign


def events() -> list[str]:
    """Return the events that are told, after two ticks."""
    make_notifications()
    make_notifications()
    return sorted(Notification.objects.values_list("event", flat=True))


def sentence() -> str:
    return str(Notification.objects.get().sentence)


def test_a_run_that_stopped_itself_is_told_with_the_reason(told: Campaign) -> None:
    run = make_run(told)
    stop_run(run_id=run.pk, sentence="It is too long.")
    assert events() == [E.STOPPED]
    assert sentence().startswith("spring #1 stopped. It stopped itself:")
    change_run_state(run_id=run.pk, to=RunState.RUNNING)
    stop_run(run_id=run.pk, sentence="It is too long.")
    assert events() == [E.STOPPED, E.STOPPED]  # each stop is one event


def test_what_an_operator_does_is_not_told(told: Campaign, operator: User) -> None:
    run = make_run(told)
    cancel_run(run=run, by=operator)
    assert events() == []


def test_an_approval_is_told(told: Campaign, operator: User) -> None:
    Approval.objects.create(
        campaign=told, at=shared.wall(), hash="h", rule_hash="r", requested_by=operator
    )
    assert events() == [E.APPROVAL]
    assert sentence() == "“spring” waits for an approval. op asked for it."


@pytest.mark.parametrize(
    ("state", "minutes", "expected"),
    [
        ("dropped", 0, [E.LATE]),
        ("started", 20, [E.LATE]),
        ("waiting", 20, [E.LATE]),
        ("started", 5, []),
        ("waiting", 5, []),
        ("cancelled", 20, []),
    ],
)
def test_a_late_date_is_told_once_a_day(
    state: str, minutes: int, expected: list[str], told: Campaign, time: Time
) -> None:
    time.ahead = timedelta(hours=2)
    now = shared.wall()
    for number in range(3):
        Occurrence.objects.create(
            campaign=told, at=now - timedelta(minutes=minutes, seconds=number), state=state,
            changed_at=now,
        )  # fmt: skip
    days = {one.at.date() for one in Occurrence.objects.all()}
    assert events() == expected * len(days)


def test_a_scheduled_run_that_begins_late_is_told(told: Campaign, time: Time) -> None:
    make_account(20_001, friends=[100_000])
    told.lists.set([make_list("all", [100_000])])
    told.starts_at = timezone.now() + timedelta(minutes=10)
    told.save()
    start_campaign(campaign=told)
    time.ahead = timedelta(minutes=20)
    assert events() == []
    time.ahead = timedelta(minutes=30)
    assert events() == [E.LATE]  # it is overdue
    start_scheduled_runs()
    assert events() == [E.LATE]


def test_unknown_results_are_told_once_a_run(told: Campaign) -> None:
    make_list("all", [100_000, 100_001])
    run = make_run(told)
    first, second = Contact.objects.order_by("pk")
    make_delivery(run, first, state="sent")
    assert events() == []
    make_delivery(run, second, state="unknown")
    assert events() == [E.UNKNOWN]
    assert "the result of 1 messages is unknown" in sentence()


@pytest.mark.parametrize(
    ("bad", "share", "expected"), [(4, 10, []), (6, 10, []), (7, 10, [E.CODES]), (7, 20, [])]
)
def test_codes_gone_bad_are_told_above_the_share(
    bad: int, share: int, expected: list[str], campaign: Campaign
) -> None:
    choice = CampaignChoice(E.values, addresses=["one@example.com"], bad_share=share)
    choose_for_campaign(campaign=campaign, choice=choice)
    account, run = make_account(20_001), make_run(campaign)
    make_list("all", range(100_000, 100_060))
    for number, contact in enumerate(Contact.objects.order_by("pk")):
        delivery = make_delivery(run, contact)
        Attempt.objects.create(
            delivery=delivery, account=account, seq=number, marked_at=timezone.now(),
            finished_at=timezone.now(), res="5" if number < bad else "0",
        )  # fmt: skip
    assert events() == expected
    if expected:
        assert "7 of the last 60 answers" in sentence()
        assert Notification.objects.get().data == {"answers": 60, "bad": {"5": 7}}


def test_what_happened_before_the_choice_is_not_told(campaign: Campaign, operator: User) -> None:
    run = make_run(campaign)
    change_run_state(run_id=run.pk, to=RunState.FINISHED)
    choose_for_user(user=operator, events=E.values, address="op@example.com")
    assert events() == []


def test_a_change_of_the_choice_loses_nothing(told: Campaign, operator: User) -> None:
    run = make_run(told)
    change_run_state(run_id=run.pk, to=RunState.FINISHED)
    choice = CampaignChoice(E.values, addresses=["two@example.com"])
    choose_for_campaign(campaign=told, choice=choice)
    assert list(Notification.objects.values_list("target", flat=True)) == ["one@example.com"]


def test_only_who_may_view_campaigns_is_told(campaign: Campaign) -> None:
    for name, permission in (("viewer", "view_campaign"), ("other", "view_account")):
        user = User.objects.create_user(name, password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename=permission))
        choose_for_user(user=user, events=["finished"], address=f"{name}@example.com")
    run = make_run(campaign)
    change_run_state(run_id=run.pk, to=RunState.FINISHED)
    assert events() == [E.FINISHED]
    assert Notification.objects.get().target == "viewer@example.com"


def test_an_address_that_is_named_twice_gets_one(told: Campaign, operator: User) -> None:
    choose_for_user(user=operator, events=["finished"], address="one@example.com")
    run = make_run(told)
    change_run_state(run_id=run.pk, to=RunState.FINISHED)
    assert events() == [E.FINISHED]


def test_no_event_is_missed_however_long_the_names(told: Campaign) -> None:
    Campaign.objects.filter(pk=told.pk).update(name="名" * 128)
    run = make_run(Campaign.objects.get(pk=told.pk))
    stop_run(run_id=run.pk, sentence="x" * 400)
    assert events() == [E.STOPPED]
    assert CampaignRun.objects.get().state == "stopped"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"events": ["moon"]}, "event_unknown"),
        ({"events": [], "addresses": ["nobody"]}, "address"),
        ({"events": [], "addresses": ["a@b.example\nBcc: c@d.example"]}, "address"),
        ({"events": [], "addresses": [f"a{n}@b.example" for n in range(21)]}, "too_many_addresses"),
        ({"events": [], "webhook_url": "ftp://example.com/"}, "webhook"),
        ({"events": [], "webhook_url": "https://a:b@example.com/"}, "webhook"),
        ({"events": [], "webhook_url": "https://exa mple.com/"}, "webhook"),
        ({"events": [], "webhook_url": "http://[::1"}, "webhook"),
        ({"events": [], "webhook_url": "http://127.0.0.1/"}, "private_address"),
        ({"events": [], "webhook_url": "http://localhost/"}, "private_address"),
        ({"events": [], "webhook_secret": "short"}, "secret"),
        ({"events": [], "bad_share": 0}, "bad_share"),
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, Any], code: str, campaign: Campaign) -> None:
    with pytest.raises(Refusal) as refused:
        choose_for_campaign(campaign=campaign, choice=CampaignChoice(**wrong))
    assert refused.value.code == code
