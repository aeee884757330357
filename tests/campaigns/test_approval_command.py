"""Rehearsal and approval on the command line."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User

from campaigns.models import ApprovalSettings, Campaign
from tests.campaigns.factories import make_account, make_list
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture(autouse=True)
def _world(db: None) -> None:
    make_account(20_001, friends=[100_000, 100_001])
    make_list("all", [100_000, 100_001], city="")
    for name in ("author", "second"):
        user = User.objects.create_user(name)
        user.user_permissions.set(Permission.objects.filter(codename="approve_campaign"))


def create(*more: str) -> None:
    made = ("campaign", "create", "spring", "--list", "all", "--text", "hi {{ city }}", *more)
    assert manage(*made, "--json").json["needs_approval"] is ("--needs-approval" in more)


def test_preflight_rehearses(db: None) -> None:
    create()
    said = manage("campaign", "preflight", "spring", "--json")
    found = said.json["rehearsal"]
    assert (said.status, said.json["sendable"], found["state"]) == (0, 2, "done")
    assert found["empty_variables"] == {"city": {"people": 2, "share": 1.0}}
    assert (found["too_long"], found["longest"]["characters"]) == (0, 3)
    assert len(found["hash"]) == len(found["audience_hash"]) == len(found["text_hash"]) == 64
    text = manage("campaign", "preflight", "spring").out
    assert "{{ city }} is empty for 2 people (100.0 %)." in text
    assert manage("campaign", "preflight", "spring", "--cancel", "--json").status == 1


def test_start_approve_and_reject() -> None:
    create("--needs-approval")
    said = manage("campaign", "start", "spring", "--by", "author", "--json")
    assert (said.status, said.json["state"]) == (0, "awaiting_approval")
    own = manage("campaign", "approve", "spring", "--by", "author", "--json")
    assert (own.status, own.json["error"]) == (1, "own_campaign")
    nobody = manage("campaign", "approve", "spring", "--by", "nobody", "--json")
    assert (nobody.status, nobody.json["error"]) == (1, "operator_unknown")
    assert manage("campaign", "approve", "spring").status == 2
    back = manage("campaign", "reject", "spring", "--by", "second", "--comment", "no", "--json")
    assert (back.json["approval"], back.json["state"], back.json["comment"]) == (
        "rejected",
        "draft",
        "no",
    )
    manage("campaign", "start", "spring", "--by", "author")
    done = manage("campaign", "approve", "spring", "--by", "second", "--json")
    assert (done.status, done.json["approval"], done.json["run"]) == (0, "approved", 2)
    assert (done.json["state"], done.json["by"]) == ("preparing", "second")
    long = manage("campaign", "reject", "spring", "--by", "second", "--comment", "x" * 1001)
    assert long.status == 1


def test_the_setting_and_what_waits() -> None:
    create()
    said = manage("approval", "require", "--json")
    assert (said.status, said.json) == (0, {"required": True, "items": [], "next": None})
    assert ApprovalSettings.objects.get().history.count() == 2
    assert manage("approval", "lift", "--by", "second", "--json").json["error"] == "no_right"
    manage("campaign", "start", "spring")
    waiting = manage("approval", "show", "--json").json["items"]
    assert [(one["campaign"], one["run"], one["people"]) for one in waiting] == [("spring", 1, 2)]
    assert "spring" in manage("approval", "show").out
    assert manage("approval", "lift", "--json").json["required"] is False


def test_a_repeated_campaign_waits_too() -> None:
    create("--needs-approval", "--repeat", "daily@09:00")
    said = manage("campaign", "start", "spring", "--json")
    assert said.json["state"] == "awaiting_approval"
    done = manage("campaign", "approve", "spring", "--by", "second", "--json")
    assert (done.json["run"], done.json["state"]) == (None, "on")
    assert Campaign.objects.get().schedule_state == "on"
