"""Approval: a second person, exactly this hash, and nothing leaves without it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from campaigns.models import Approval, Campaign, CampaignRun, MessageTemplate
from campaigns.planning.late_comers import add_late_comers
from campaigns.planning.prepare import advance_runs, start_scheduled_runs
from campaigns.run_control.approve import approve, reject
from campaigns.run_control.lifecycle import cancel_run, start_campaign
from campaigns.run_control.require_approval import require_approval
from campaigns.run_control.retry import retry_run
from clocks import shared
from foundation.refusals import Refusal
from sending.forbidden_words import add_words
from sending.models import Delivery
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
R = RunState
PEOPLE = range(100_000, 100_004)


def make_user(name: str, *codenames: str, **columns: Any) -> User:
    user = User.objects.create_user(name, password="x", is_staff=True, **columns)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def author(db: None) -> User:
    return make_user("author", "change_campaign", "approve_campaign")


@pytest.fixture
def second(db: None) -> User:
    return make_user("second", "approve_campaign")


@pytest.fixture
def campaign(author: User) -> Campaign:
    make_account(20_001, friends=range(100_000, 100_009))
    made = make_campaign(
        "spring", lists=[make_list("all", PEOPLE)], needs_approval=True, created_by=author
    )
    return Campaign.objects.get(pk=made.pk)


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        call(**arguments)
    return refusal.value.code


def plan(run: CampaignRun) -> None:
    run.refresh_from_db()
    advance_runs(runs=[run])
    run.refresh_from_db()


def test_a_start_asks_and_a_second_person_approves(
    campaign: Campaign, author: User, second: User
) -> None:
    run = start_campaign(campaign=campaign, by=author)
    assert run.state == R.AWAITING_APPROVAL
    plan(run)
    assert (run.state, Delivery.objects.count()) == (R.AWAITING_APPROVAL, 0)
    request = Approval.objects.get()
    assert (request.state, request.requested_by, request.people) == ("requested", author, 4)
    rehearsal = campaign.rehearsals.get()
    assert (rehearsal.state, rehearsal.hash) == ("done", request.hash)

    approve(campaign=campaign, by=second, comment="fine", seen=request.hash)
    request.refresh_from_db()
    assert (request.state, request.decided_by, request.comment) == ("approved", second, "fine")
    plan(run)
    assert (run.state, run.approval, Delivery.objects.count()) == (R.RUNNING, request, 4)
    assert "second" in run.events.get(state=R.PREPARING).detail
    assert code_of(approve, campaign=campaign, by=second) == "nothing_to_approve"


def by_the_author(campaign: Campaign, second: User) -> User:
    assert campaign.created_by is not None
    return campaign.created_by


def by_an_author_who_is_superuser(campaign: Campaign, second: User) -> User:
    author = by_the_author(campaign, second)
    author.is_superuser = True
    author.save()
    return User.objects.get(pk=author.pk)


def by_who_asked(campaign: Campaign, second: User) -> User:
    return User.objects.get(username="asker")


def by_who_changed_it_last(campaign: Campaign, second: User) -> User:
    entry = campaign.history.latest()
    campaign._history_user = second  # type: ignore[attr-defined]
    campaign.on_lost_account = "wait" if campaign.on_lost_account == "fail" else "fail"
    campaign.save()
    assert campaign.history.latest() != entry
    Approval.objects.all().delete()
    CampaignRun.objects.all().delete()
    start_campaign(campaign=campaign, by=None)
    return second


def by_who_changed_its_template(campaign: Campaign, second: User) -> User:
    template = MessageTemplate(name="t", text="hello")
    template._history_user = second  # type: ignore[attr-defined]
    template.save()
    Approval.objects.all().delete()
    CampaignRun.objects.all().delete()
    Campaign.objects.update(template=template)
    start_campaign(campaign=Campaign.objects.get(), by=None)
    return second


@pytest.mark.parametrize(
    "who",
    [
        by_the_author,
        by_an_author_who_is_superuser,
        by_who_asked,
        by_who_changed_it_last,
        by_who_changed_its_template,
    ],
)
def test_nobody_approves_their_own(
    campaign: Campaign, second: User, who: Callable[[Campaign, User], User]
) -> None:
    asker = make_user("asker", "approve_campaign")
    start_campaign(campaign=campaign, by=asker)
    user = who(campaign, second)
    for decide in (approve, reject):
        assert code_of(decide, campaign=campaign, by=user) == "own_campaign"
    assert CampaignRun.objects.get().state == R.AWAITING_APPROVAL


@pytest.mark.parametrize("kind", ["no permission", "inactive", "nobody"])
def test_an_approval_needs_the_permission(campaign: Campaign, author: User, kind: str) -> None:
    start_campaign(campaign=campaign, by=author)
    user = make_user("third", *([] if kind == "no permission" else ["approve_campaign"]))
    user.is_active = kind != "inactive"
    expected = "nobody" if kind == "nobody" else "no_right"
    assert code_of(approve, campaign=campaign, by=None if kind == "nobody" else user) == expected


def test_a_change_makes_the_request_void(campaign: Campaign, author: User, second: User) -> None:
    first = start_campaign(campaign=campaign, by=author)
    Campaign.objects.update(text="something else")
    with pytest.raises(Refusal, match="text") as refusal:
        approve(campaign=campaign, by=second)
    assert refusal.value.code == "changed"
    run = start_campaign(campaign=Campaign.objects.get(), by=author)
    first.refresh_from_db()
    assert (first.state, run.number, run.text) == (R.CANCELLED, 2, "something else")
    approve(campaign=campaign, by=second)
    plan(run)
    assert run.state == R.RUNNING


def test_an_unchanged_campaign_is_not_asked_for_twice(campaign: Campaign, author: User) -> None:
    start_campaign(campaign=campaign, by=author)
    assert code_of(start_campaign, campaign=campaign, by=author) == "already_active"
    assert Approval.objects.count() == 1


def test_other_people_renew_the_request(campaign: Campaign, author: User, second: User) -> None:
    run = start_campaign(campaign=campaign, by=author)
    seen = Approval.objects.get().hash
    make_list("all", [100_004])
    with pytest.raises(Refusal, match="5") as refusal:
        approve(campaign=campaign, by=second, seen=seen)
    assert refusal.value.code == "changed"
    assert list(Approval.objects.values_list("state", "people")) == [
        ("requested", 5),
        ("withdrawn", 4),
    ]
    assert code_of(approve, campaign=campaign, by=second, seen=seen) == "changed"
    approve(campaign=campaign, by=second, seen=Approval.objects.first().hash)  # type: ignore[union-attr]
    plan(run)
    assert Delivery.objects.count() == 5


def test_sent_back_and_asked_for_again(campaign: Campaign, author: User, second: User) -> None:
    run = start_campaign(campaign=campaign, by=author)
    reject(campaign=campaign, by=second, comment="the date is wrong")
    run.refresh_from_db()
    assert run.state == R.DRAFT
    assert "the date is wrong" in run.state_detail
    again = start_campaign(campaign=campaign, by=author)
    run.refresh_from_db()
    assert (run.state, again.state) == (R.CANCELLED, R.AWAITING_APPROVAL)


def test_a_cancelled_request_is_withdrawn(campaign: Campaign, author: User, second: User) -> None:
    cancel_run(run=start_campaign(campaign=campaign, by=author), by=author)
    assert Approval.objects.get().state == "withdrawn"
    assert code_of(approve, campaign=campaign, by=second) == "nothing_to_approve"


def add_a_person(_campaign: Campaign) -> None:
    make_list("all", [100_005])


def change_the_text(_campaign: Campaign) -> None:
    Campaign.objects.update(text="other")


def change_the_accounts(campaign: Campaign) -> None:
    campaign.accounts.add(make_account(20_002))


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (None, R.PREPARING),
        (add_a_person, R.AWAITING_APPROVAL),
        (change_the_text, R.DRAFT),
        (change_the_accounts, R.DRAFT),
    ],
)
def test_a_scheduled_run_begins_only_as_approved(
    campaign: Campaign, author: User, second: User, change: Any, state: str
) -> None:
    Campaign.objects.update(starts_at=shared.wall() + timedelta(hours=1))
    campaign.refresh_from_db()
    run = start_campaign(campaign=campaign, by=author)
    approve(campaign=campaign, by=second)
    run.refresh_from_db()
    assert run.state == R.SCHEDULED
    if change is not None:
        change(campaign)
    CampaignRun.objects.update(starts_at=shared.wall())
    start_scheduled_runs()
    run.refresh_from_db()
    assert run.state == state
    assert Approval.objects.filter(state="requested").exists() is (state == R.AWAITING_APPROVAL)


def test_accounts_changed_before_planning_stop_the_run(
    campaign: Campaign, author: User, second: User
) -> None:
    run = start_campaign(campaign=campaign, by=author)
    approve(campaign=campaign, by=second)
    change_the_accounts(campaign)
    plan(run)
    assert (run.state, Delivery.objects.count()) == (R.STOPPED, 0)


def test_a_run_that_was_made_without_an_approval_is_not_planned(campaign: Campaign) -> None:
    run = make_run(campaign, state=R.PREPARING)
    plan(run)
    assert (run.state, Delivery.objects.count()) == (R.STOPPED, 0)
    assert "approval" in run.state_detail


def test_a_retry_needs_the_approval_of_its_run(
    campaign: Campaign, author: User, second: User
) -> None:
    run = start_campaign(campaign=campaign, by=author)
    approve(campaign=campaign, by=second)
    plan(run)
    CampaignRun.objects.update(state=R.FINISHED)
    Delivery.objects.update(state="failed")
    CampaignRun.objects.update(approval=None)
    assert code_of(retry_run, run=run) == "not_approved"
    CampaignRun.objects.update(approval=Approval.objects.get())
    assert retry_run(run=run) == 4


def test_late_comers_need_a_new_run(campaign: Campaign, author: User, second: User) -> None:
    run = start_campaign(campaign=campaign, by=author)
    approve(campaign=campaign, by=second)
    plan(run)
    add_a_person(campaign)
    assert code_of(add_late_comers, run=run) == "not_approved"
    assert Delivery.objects.count() == 4


def test_the_setting_holds_for_every_campaign(campaign: Campaign, second: User) -> None:
    Campaign.objects.update(needs_approval=False)
    require_approval(is_required=True)
    run = start_campaign(campaign=Campaign.objects.get())
    assert run.state == R.AWAITING_APPROVAL
    assert code_of(require_approval, is_required=False, by=second) == "no_right"
    require_approval(is_required=False)
    started = start_campaign(campaign=Campaign.objects.get())
    run.refresh_from_db()
    assert (run.state, started.state) == (R.CANCELLED, R.PREPARING)
    assert Approval.objects.get().state == "withdrawn"


def test_a_word_that_is_held_asks_for_an_approval(campaign: Campaign) -> None:
    Campaign.objects.update(needs_approval=False, text="a loan for you")
    add_words(words=["loan"], action="approve")
    run = start_campaign(campaign=Campaign.objects.get())
    assert run.state == R.AWAITING_APPROVAL
    found = campaign.rehearsals.get().result["forbidden_words"]
    assert found == {"people": 4, "words": {"loan": 4}}


def test_a_finished_run_from_before_is_not_retried_without_an_approval(
    campaign: Campaign,
) -> None:
    run = make_run(campaign, state=R.FINISHED, planned_at=shared.wall())
    make_delivery(run, campaign.lists.get().contacts.first(), state="failed")  # type: ignore[arg-type]
    assert code_of(retry_run, run=run) == "not_approved"
