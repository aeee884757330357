"""Frequency caps and "once together" in planning and preflight."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.planning.preflight import preflight
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import Contact
from foundation.caps import Cap, cap_of
from sending.models import Attempt, Delivery, OnceAcross
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PEOPLE = range(100_000, 100_006)
NOW = timezone.now()
DAY = 86_400


@pytest.fixture(autouse=True)
def account() -> Account:
    make_list("all", PEOPLE)
    return make_account(20_001, friends=PEOPLE)


def earlier(
    account: Account, people: Any, *, days: float, name: str = "", state: str = "sent"
) -> CampaignRun:
    """Make an earlier run whose messages to the people were marked so many days ago."""
    campaign = Campaign.objects.filter(name=name).first() or make_campaign(
        name or f"earlier {Campaign.objects.count()}", lists=[]
    )
    at = NOW - timedelta(days=days)
    run = make_run(campaign, state=RunState.FINISHED, planned_at=at, ended_at=at)
    for contact in Contact.objects.filter(uin__in=people):
        sent_at = at if state == "sent" else None
        delivery = make_delivery(run, contact, state=state, account=account, sent_at=sent_at)
        Attempt.objects.create(
            delivery=delivery, account=account, seq=Attempt.objects.count(), marked_at=at
        )
    return run


def skipped(name: str = "spring", **columns: Any) -> dict[str, set[int]]:
    """Start and plan a campaign to everybody; return who is skipped, by reason."""
    across = columns.pop("once_across", ())
    campaign = Campaign.objects.filter(name=name).first()
    if campaign is None:
        campaign = make_campaign(name, lists=[make_list("all")], **columns)
        campaign.once_across.set(across)
    foreseen = preflight(campaign=campaign).skipped
    run = start_campaign(campaign=campaign)
    plan_run(run=run)
    assert check_figures(run=run) == []
    found: dict[str, set[int]] = {}
    for uin, reason in Delivery.objects.filter(run=run, state="skipped").values_list(
        "uin", "reason"
    ):
        found.setdefault(reason, set()).add(uin)
    assert foreseen == {reason: len(uins) for reason, uins in found.items()}
    return found


def test_who_got_as_many_as_the_cap_allows_is_skipped(account: Account) -> None:
    earlier(account, PEOPLE[:4], days=1)
    earlier(account, PEOPLE[2:], days=6.9)
    earlier(account, PEOPLE, days=7.1)
    assert skipped(cap_most=2, cap_days=7) == {"frequency_cap": set(PEOPLE[2:4])}


@pytest.mark.parametrize(
    ("state", "days", "counts"),
    [
        ("sent", 1, True),
        ("sent", 8, False),
        ("unknown", 1, True),
        ("unknown", 8, False),
        ("sending", 1, True),
        ("sending", 8, True),  # it may still arrive now
        ("failed", 1, False),
        ("skipped", 1, False),
        ("cancelled", 1, False),
        ("pending", 1, False),
    ],
)
def test_what_counts(account: Account, state: str, days: float, counts: bool) -> None:
    earlier(account, PEOPLE[:2], days=days, state=state)
    found = skipped(cap_most=1, cap_days=7)
    assert found == ({"frequency_cap": set(PEOPLE[:2])} if counts else {})


def test_a_message_that_an_operator_called_sent_counts_by_its_attempt(account: Account) -> None:
    earlier(account, PEOPLE[:2], days=1, state="unknown")
    earlier(account, PEOPLE[4:], days=9, state="unknown")
    Delivery.objects.filter(state="unknown").update(state="sent")
    assert skipped(cap_most=1, cap_days=7) == {"frequency_cap": set(PEOPLE[:2])}


def test_a_run_that_is_long_under_way_counts(account: Account) -> None:
    """A run that was started long ago may have sent a moment ago, so it counts."""
    old = earlier(account, PEOPLE[:2], days=40)
    for _number in range(3):
        earlier(account, [], days=30)
    CampaignRun.objects.filter(pk=old.pk).update(state=RunState.RUNNING, ended_at=None)
    Delivery.objects.update(sent_at=NOW - timedelta(hours=1))
    assert skipped(cap_most=1, cap_days=7) == {"frequency_cap": set(PEOPLE[:2])}


def test_the_cap_for_all_campaigns_and_a_campaigns_own(account: Account, settings: Any) -> None:
    earlier(account, PEOPLE[:2], days=1)
    assert skipped() == {}
    Delivery.objects.filter(run__campaign_run__campaign__name="spring").delete()
    settings.FREQUENCY_CAP = "1/7d"
    assert skipped("autumn") == {"frequency_cap": set(PEOPLE[:2])}
    assert skipped("winter", cap_most=2, cap_days=7) == {}


def test_a_suppressed_person_is_skipped_as_that(account: Account) -> None:
    earlier(account, PEOPLE, days=1)
    manage("suppressions", "add", PEOPLE[0])
    assert skipped(cap_most=1, cap_days=7) == {
        "suppressed": {PEOPLE[0]},
        "frequency_cap": set(PEOPLE[1:]),
    }


def test_once_together_in_both_directions_and_over_all_runs(account: Account) -> None:
    first = earlier(account, PEOPLE[:2], days=300, name="first").campaign
    first.lists.set([make_list("all")])
    earlier(account, PEOPLE[5:], days=1, name="another")
    assert skipped(once_across=[first]) == {"once_across": set(PEOPLE[:2])}
    run = CampaignRun.objects.get(campaign__name="spring")
    Delivery.objects.filter(run=run, uin=PEOPLE[3]).update(state="sending")
    Delivery.objects.filter(run=run, uin=PEOPLE[4]).update(state="unknown")
    # "spring" names "first", so the messages of both count for "first" too.
    assert skipped("first") == {"once_across": {*PEOPLE[:2], PEOPLE[3], PEOPLE[4]}}
    assert OnceAcross.objects.count() == 4


def test_the_command(account: Account) -> None:
    make_campaign("first", lists=[make_list("all")])
    made = manage(
        "campaign", "create", "second", "--list", "all", "--text", "hi", "--cap", "2/12h",
        "--once-across", "first", "--sender", "spread", "--order", "random", "--json",
    )  # fmt: skip
    assert made.status == 0, made
    assert {key: made.json[key] for key in ("cap", "once_across", "sender", "order")} == {
        "cap": "2/12h",
        "once_across": ["first"],
        "sender": "spread",
        "order": "random",
    }
    run = start_campaign(campaign=Campaign.objects.get(name="second"))
    assert (run.cap_most, run.cap_seconds, run.sender, run.order) == (
        2,
        43_200,
        "spread",
        "random",
    )


@pytest.mark.parametrize(
    "text",
    ["", "2", "0/7d", "2/0d", "2/7w", "-1/7d", "²/7d", "nan/7d", "2/1e3d", f"{'9' * 5000}/7d",
     "2/99999d", "2/7d;", "2\0/7d"],
)  # fmt: skip
def test_a_cap_that_cannot_be_read(text: str) -> None:
    said = manage(
        "campaign", "create", "x", "--list", "all", "--text", "hi", f"--cap={text}", "--json"
    )
    assert (said.status, said.json["error"]) == (1, "cap_malformed")
    assert cap_of(text) is None


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ("best", "order_unknown"),
        ("random:x", "order_unknown"),
        ("attribute", "order_attribute_missing"),
        ("attribute:", "order_attribute_missing"),
        ("attribute:point", "order_attribute_unknown"),
        ("attribute:\udcff", "order_attribute_unknown"),
    ],
)
def test_an_order_that_no_plan_can_go_by(order: str, code: str) -> None:
    make_list("all", [100_100], points="3")
    said = manage(
        "campaign", "create", "x", "--list", "all", "--text", "hi", "--order", order, "--json"
    )
    assert (said.status, said.json["error"]) == (1, code)


def test_a_cap_as_it_is_written() -> None:
    assert cap_of(" 2 / 7 D ") == Cap(2, 7 * DAY)
    assert [str(Cap(2, 7 * DAY)), str(Cap(1, DAY // 2))] == ["2/7d", "1/12h"]
    assert cap_of("3/2") == Cap(3, 2 * DAY)
