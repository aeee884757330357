"""The preflight shows what a start would do, and changes nothing."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Egress, Worker
from accounts.states import AccountState
from campaigns.models import CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.planning.preflight import preflight, seconds_per_message
from contacts.models import Contact, Segment, Suppression
from contacts.people.attributes import record_attribute_names
from sending.models import Delivery
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run

pytestmark = pytest.mark.django_db

PEOPLE = range(100_000, 100_010)


def make_worker() -> Worker:
    now = timezone.now()
    egress = Egress.objects.create(name="default")
    return Worker.objects.create(
        egress=egress, hostname="h", pid=1, version="1", started_at=now, heartbeat_at=now
    )


def test_the_figures_add_up_and_nothing_is_written() -> None:
    make_worker()
    first = make_account(20_001, friends=PEOPLE[:6])
    second = make_account(20_002, friends=PEOPLE[4:8])
    members, vip = make_list("members", PEOPLE), make_list("vip", PEOPLE[:2])
    staff = make_list("staff", [PEOPLE[9], 100_099])
    other = make_list("other")
    Suppression.objects.create(uin=PEOPLE[0])
    Suppression.objects.create(uin=PEOPLE[1], contact_list=vip)
    Suppression.objects.create(uin=PEOPLE[2], contact_list=other)  # of another campaign
    campaign = make_campaign(lists=[members, vip], excluded_lists=[staff], text="hi {{ name }}")
    found = preflight(campaign=campaign)
    assert found.targeted == 9
    assert found.merged == 2
    assert found.skipped == {"suppressed": 2, "not_a_friend": 1}
    assert found.sendable == 6
    assert found.targeted == found.sendable + sum(found.skipped.values())
    assert sum(a.messages for a in found.per_account) == 6
    assert {a.uin for a in found.per_account} == {first.uin, second.uin}
    assert found.samples[0].text == f"hi 人{PEOPLE[2]}"
    assert found.samples[0].account == first.uin
    assert found.finishes_at is not None
    assert not found.problems
    assert not found.warnings
    assert not CampaignRun.objects.exists()
    assert not Delivery.objects.exists()


def test_preflight_picks_the_same_accounts_as_planning() -> None:
    """Both use the same query."""
    many = range(100_000, 100_300)
    make_account(20_001, friends=many[:200], min_interval=1.0)
    make_account(20_002, friends=many[100:], min_interval=4.0)
    Suppression.objects.create(uin=many[150])
    campaign = make_campaign(lists=[make_list("members", many)])
    found = preflight(campaign=campaign)
    run = make_run(campaign, state=RunState.PREPARING)
    assert plan_run(run=run)
    planned = Counter(run.deliveries.values_list("state", "reason"))
    assert planned == {("pending", ""): found.sendable, ("skipped", "suppressed"): 1}
    both = {a.uin: a.messages - 100 for a in found.per_account}  # of the hundred they share
    assert sum(both.values()) == 99
    assert both[20_001] > 2 * both[20_002]


def test_strangers_are_spread_over_all_accounts() -> None:
    make_account(20_001, friends=PEOPLE[:1])
    make_account(20_002)
    campaign = make_campaign(
        lists=[make_list("members", range(100_000, 100_100))], allows_strangers=True
    )
    found = preflight(campaign=campaign)
    assert (found.sendable, found.skipped) == (100, {})
    assert all(a.messages > 20 for a in found.per_account)
    assert len(found.per_account) == 2


def test_only_the_accounts_of_the_campaign_send() -> None:
    make_account(20_001, friends=PEOPLE[:5])
    chosen = make_account(20_002, friends=PEOPLE[:3])
    campaign = make_campaign(lists=[make_list("members", PEOPLE)], accounts=[chosen])
    found = preflight(campaign=campaign)
    assert [(a.uin, a.messages) for a in found.per_account] == [(20_002, 3)]


def test_friendships_that_ended_do_not_count() -> None:
    account = make_account(friends=PEOPLE)
    account.friends.filter(uin__gte=PEOPLE[4]).update(ended_at=timezone.now())
    found = preflight(campaign=make_campaign(lists=[make_list("members", PEOPLE)]))
    assert (found.sendable, found.skipped) == (4, {"not_a_friend": 6})


def test_no_working_account_is_a_problem() -> None:
    make_account(friends=PEOPLE, state=AccountState.QUARANTINED, state_detail="wrong password")
    found = preflight(campaign=make_campaign(lists=[make_list("members", PEOPLE)]))
    assert found.skipped == {"no_account": 10}
    assert any("No account can send" in problem for problem in found.problems)
    assert any("wrong password" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("text", "code"),
    [("{{ nmae }}", "nmae"), ("{{ name", "Line 1")],
)
def test_a_text_that_does_not_compile_is_a_problem(text: str, code: str) -> None:
    make_account(friends=PEOPLE)
    found = preflight(campaign=make_campaign(lists=[make_list("members", PEOPLE)], text=text))
    assert any(code in problem for problem in found.problems)


def test_an_empty_audience_is_a_problem() -> None:
    make_account()
    found = preflight(campaign=make_campaign(lists=[make_list("members")]))
    assert found.targeted == found.sendable == 0
    assert any("The audience of this campaign is empty" in problem for problem in found.problems)
    assert found.finishes_at is None


def test_texts_that_some_cannot_be_sent_are_a_warning() -> None:
    make_account(friends=PEOPLE)
    make_list("members", PEOPLE[:3], gift="")
    members = make_list("members", PEOPLE[3:], gift="tea")
    found = preflight(campaign=make_campaign(lists=[members], text="{{ gift }}"))
    assert any("3 of the first 10 texts cannot be sent" in warning for warning in found.warnings)
    assert [sample.text for sample in found.samples] == ["tea"] * 3


def test_unsynced_accounts_and_missing_workers_are_warnings() -> None:
    make_account(20_001, friends=PEOPLE)
    make_account(20_002, friends_synced_at=None)
    found = preflight(campaign=make_campaign(lists=[make_list("members", PEOPLE)]))
    assert any("friend list of 1 account is not known" in warning for warning in found.warnings)
    assert any("No worker is running" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("pace", "seconds"),
    [
        ({"min_interval": 0.95}, 1.0),
        ({"min_interval": 0.0, "per_minute": 30}, 2.0),
        ({"min_interval": 1.0, "per_hour": 360}, 10.0),
        ({"min_interval": 1.0, "per_minute": 60, "per_day": 864}, 100.0),
    ],
)
def test_the_slowest_limit_decides(pace: dict[str, Any], seconds: float) -> None:
    assert seconds_per_message(make_account(**pace)) == pytest.approx(seconds)


def test_the_learnt_gap_counts() -> None:
    account = make_account(min_interval=1.0)
    account.lease.learnt_interval = 4.95
    assert seconds_per_message(account) == pytest.approx(5.0)


def test_it_forecasts_from_the_start_through_the_window() -> None:
    make_account(friends=PEOPLE, min_interval=0.95)
    starts_at = (timezone.now() + timedelta(days=2)).replace(hour=0, minute=0, second=0)  # 08:00
    campaign = make_campaign(
        lists=[make_list("members", PEOPLE)],
        starts_at=starts_at,
        windows="09:00-20:00",
    )
    found = preflight(campaign=campaign)
    assert found.finishes_at is not None
    assert found.finishes_at - starts_at.replace(microsecond=0) == timedelta(
        hours=1, seconds=found.per_account[0].seconds
    )


def test_friend_lists_that_are_not_synced_yet_are_a_note() -> None:
    make_account(friends_synced_at=None)
    found = preflight(campaign=make_campaign(lists=[make_list("members", PEOPLE)]))
    assert found.sendable == 0
    assert not found.problems
    assert any("is not known yet" in warning for warning in found.warnings)


def test_a_friend_of_a_stopped_account_is_not_counted_as_a_stranger() -> None:
    make_account(20_001, friends=PEOPLE[:4], state=AccountState.DISABLED)
    make_account(20_002, friends=PEOPLE[4:7])
    found = preflight(campaign=make_campaign(lists=[make_list("members", PEOPLE)]))
    assert found.skipped == {"no_account": 4, "not_a_friend": 3}


def test_it_walks_the_audience_once_for_the_figures_and_looks_at_few_for_the_texts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("campaigns.planning.preflight.TRIED_TEXTS", 2)
    monkeypatch.setattr("campaigns.planning.preflight_people.FIRST_CHUNK", 4)
    many = range(100_000, 100_300)
    make_account(20_001, friends=many[150:])
    campaign = make_campaign(lists=[make_list("members", many)], text="hi {{ name }}")
    with CaptureQueriesContext(connection) as asked:
        found = preflight(campaign=campaign)
    # The first two people who would be written to come after a hundred and fifty strangers.
    assert [sample.uin for sample in found.samples] == list(many[150:152])
    walks = [q["sql"] for q in asked if "friendships" in q["sql"]]
    assert "GROUP BY picked_account" in walks[0]
    assert ["LIMIT 4" in sql or "LIMIT 16" in sql for sql in walks[1:3]] == [True, True]
    assert len(walks) == 5  # 4, 16, 64 and 256 people, each beginning where the last ended
    assert len(asked) <= 53


def test_without_recipients_friendships_are_looked_up_once() -> None:
    campaign = make_campaign(lists=[make_list("members", PEOPLE)])
    with CaptureQueriesContext(connection) as asked:
        assert preflight(campaign=campaign).sendable == 0
    assert len([q for q in asked if "friendships" in q["sql"]]) == 1


def test_people_in_several_lists_are_counted_beside_those_of_a_segment() -> None:
    make_account(20_001, friends=PEOPLE)
    members, vip = make_list("members", PEOPLE[:4]), make_list("vip", PEOPLE[2:6])
    staff = make_list("staff", [PEOPLE[2]])
    segment = Segment.objects.create(
        name="all", conditions={"kind": "list", "lists": [make_list("others", PEOPLE[6:]).pk]}
    )
    campaign = make_campaign(lists=[members, vip], excluded_lists=[staff])
    campaign.segments.add(segment)
    found = preflight(campaign=campaign)
    assert found.targeted == 9
    assert found.merged == 1


def test_it_warns_of_accounts_that_cannot_send() -> None:
    make_worker()
    egress = Egress.objects.create(name="far away")
    make_account(20_001, friends=PEOPLE, egress=egress)
    for number in range(2, 5):
        make_account(20_000 + number, friends=PEOPLE, state=AccountState.DISABLED)
    found = preflight(campaign=make_campaign(lists=[make_list("members", PEOPLE)]))
    said = " ".join(found.warnings)
    assert "20001 is pinned to egress “far away”, where no worker is running" in said
    # Accounts that wait for the same kind of reason share one warning.
    assert "3 accounts are disabled. Account 20002 has been disabled" in said
    assert len(found.warnings) == 2


def test_costly_texts_are_a_warning_and_delay_the_page_no_longer_than_its_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_worker()
    make_account(20_001, friends=PEOPLE)
    members = make_list("members", PEOPLE)
    Contact.objects.update(attributes={"n": 999_999_999_999})
    record_attribute_names(contact_list=members, names=["n"])
    text = "{% for i in (1..n) reversed %}{{ i }}{% endfor %}"
    campaign = make_campaign(lists=[members], text=text)
    costly = "cannot be sent: making the text for this contact takes too much time or memory."
    assert f"10 of the first 10 texts {costly}" in preflight(campaign=campaign).warnings
    monkeypatch.setattr("campaigns.planning.preflight.TRYING_SECONDS", 0.0)
    assert f"1 of the first 1 texts {costly}" in preflight(campaign=campaign).warnings
