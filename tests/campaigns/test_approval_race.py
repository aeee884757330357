"""A change and an approval in the same moment: exactly one of them is first, and both know it."""

from __future__ import annotations

import threading
import time

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection, transaction

from campaigns.models import Approval, Campaign, CampaignRun
from campaigns.run_control.approve import approve
from campaigns.run_control.lifecycle import start_campaign
from foundation.locked_rows import locked_row
from foundation.refusals import Refusal
from tests.campaigns.factories import make_account, make_campaign, make_list

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]


@pytest.fixture
def campaign() -> Campaign:
    make_account(20_001, friends=[100_000])
    made = make_campaign("spring", lists=[make_list("all", [100_000])], needs_approval=True)
    start_campaign(campaign=Campaign.objects.get(pk=made.pk))
    return Campaign.objects.get(pk=made.pk)


@pytest.fixture
def second(transactional_db: None) -> User:
    user = User.objects.create_user("second")
    user.user_permissions.set(Permission.objects.filter(codename="approve_campaign"))
    return user


def approve_in_a_thread(campaign: Campaign, by: User, said: list[str]) -> threading.Thread:
    def work() -> None:
        try:
            approve(campaign=campaign, by=by)
            said.append("approved")
        except Refusal as refusal:
            said.append(refusal.code)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize("what", ["text", "accounts", "time zone", "list"])
def test_an_approval_waits_for_a_change_and_is_void(
    campaign: Campaign, second: User, what: str
) -> None:
    said: list[str] = []
    with transaction.atomic():
        locked = locked_row(campaign)  # as the form does
        if what == "text":
            Campaign.objects.filter(pk=locked.pk).update(text="other")
        elif what == "accounts":
            locked.accounts.add(make_account(20_002))
        elif what == "time zone":
            Campaign.objects.filter(pk=locked.pk).update(timezone="UTC")
        else:
            locked.lists.set([make_list("others", [100_000])])
        thread = approve_in_a_thread(campaign, second, said)
        time.sleep(0.5)
        assert said == []
    thread.join(30)
    assert said == ["changed"]
    assert CampaignRun.objects.get().state == "awaiting_approval"


def test_two_approvers_in_the_same_moment(campaign: Campaign, second: User) -> None:
    third = User.objects.create_superuser("third")
    said: list[str] = []
    threads = [approve_in_a_thread(campaign, by, said) for by in (second, third)]
    for thread in threads:
        thread.join(30)
    assert sorted(said) == ["approved", "nothing_to_approve"]
    assert Approval.objects.filter(state="approved").count() == 1
    assert CampaignRun.objects.get().events.filter(state="preparing").count() == 1
