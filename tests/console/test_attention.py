"""Everything that waits for somebody stands on the overview: a kind each, with age and button."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone, translation

from accounts.models import (
    Account,
    FriendEvent,
    FriendRequest,
    InboundMessage,
    Outage,
    Worker,
)
from accounts.states import AccountState
from campaigns.models import (
    Approval,
    Campaign,
    CampaignRun,
    Notification,
    Occurrence,
    ReportMail,
    SavedReport,
    Sequence,
)
from campaigns.sequences.control import stop_after_failure, stop_sequence
from clocks.models import HostClock
from contacts.models import ContactImport
from conversations.models import Conversation
from holds.models import Hold
from operations.models import Upkeep
from qqcampaign.console.attention.item import Kind
from sending.models import Delivery, Tally
from sending.states import RunState
from tests.console.sample_data import FIRST_ACCOUNT, FIRST_UIN, make_operator, make_world
from webhooks.models import Endpoint

pytestmark = pytest.mark.both_databases

LONG_AGO = timedelta(hours=3)


@pytest.fixture
def quiet_world(operator: Client) -> Campaign:
    """A world in which nothing waits."""
    campaign = make_world()
    FriendRequest.objects.all().delete()
    Tally.objects.filter(key="unknown").delete()
    Conversation.objects.all().delete()
    return campaign


def _items(client: Client) -> dict[str, tuple[str, str, str]]:
    """Return sentence, age and button by kind."""
    page = client.get("/overview/live/").content.decode()
    found = re.findall(r'<li class="\w+" data-kind="(\w+)">(.*?)</li>', page, re.DOTALL)
    return {kind: _parts(item) for kind, item in found}


def _parts(item: str) -> tuple[str, str, str]:
    sentence = re.search(r"<span>(.*?)</span>", item, re.DOTALL)
    age = re.search(r"<time[^>]*>(.*?)</time>", item)
    button = re.search(r'<a class="q-button" href="[^"]+">(.*?)</a>', item)
    assert sentence is not None
    assert button is not None
    return unescape(sentence[1]), age[1] if age else "", button[1]


def test_nothing_waits_in_a_quiet_world(operator: Client, quiet_world: Campaign) -> None:
    assert _items(operator) == {}
    assert "Nothing needs you" in operator.get("/").content.decode()


def _quarantine(_campaign: Campaign) -> None:
    Account.objects.filter(uin=FIRST_ACCOUNT).update(
        state=AccountState.QUARANTINED,
        state_detail="RES=5.",
        state_changed_at=timezone.now() - LONG_AGO,
    )


def _ask_to_be_friends(_campaign: Campaign) -> None:
    FriendRequest.objects.create(
        account=Account.objects.all()[0], uin=1, received_at=timezone.now() - LONG_AGO
    )


def _write(unread: int) -> Callable[[Campaign], None]:
    def write(_campaign: Campaign) -> None:
        at = timezone.now() - LONG_AGO
        Conversation.objects.create(
            account=Account.objects.all()[0],
            uin=FIRST_UIN,
            unread=unread,
            last_inbound_at=at,
            last_message_at=at,
        )

    return write


def _lose_track(campaign: Campaign) -> None:
    run = campaign.runs.get()
    Tally.objects.create(run=run, kind="state", key="unknown", n=2)
    unknown = Delivery.objects.filter(run=run, state="unknown")
    for delivery in unknown:
        delivery.attempts.update(marked_at=timezone.now() - LONG_AGO)


def _import(state: str) -> Callable[[Campaign], None]:
    def change(_campaign: Campaign) -> None:
        at = timezone.now() - LONG_AGO
        ContactImport.objects.update(
            state=state, created_at=at, finished_at=at, problem="It is a picture."
        )

    return change


def _run(state: str, **values: Any) -> Callable[[Campaign], None]:
    def change(_campaign: Campaign) -> None:
        at = timezone.now() - LONG_AGO
        CampaignRun.objects.update(state=state, state_changed_at=at, **values)

    return change


def _test_variants(_campaign: Campaign) -> None:
    CampaignRun.objects.update(
        holds_rest=True, decide_by="hand", tested_at=timezone.now() - LONG_AGO
    )


def _ask_for_approval(campaign: Campaign) -> None:
    Approval.objects.create(
        campaign=campaign,
        run=campaign.runs.get(),
        requested_by=make_operator("author"),
        hash="x",
        at=timezone.now() - LONG_AGO,
    )


def _break_off(_campaign: Campaign) -> None:
    Outage.objects.update(ended_at=None, began_at=timezone.now() - LONG_AGO)


def _end_workers(_campaign: Campaign) -> None:
    Worker.objects.update(ended_at=timezone.now(), heartbeat_at=timezone.now() - LONG_AGO)


def _set_clock(_campaign: Campaign) -> None:
    HostClock.objects.create(
        hostname="h", ahead_seconds=900, seen_at=timezone.now(),
        wrong_since=timezone.now() - LONG_AGO,
    )  # fmt: skip


def _lose_friends(_campaign: Campaign) -> None:
    account = Account.objects.all()[0]
    at = timezone.now() - LONG_AGO
    FriendEvent.objects.bulk_create(
        FriendEvent(account=account, uin=n, kind="went", at=at) for n in range(1, 400)
    )


def _fail_notification(campaign: Campaign) -> None:
    Notification.objects.create(
        event="finished", subject="s", campaign=campaign, target_kind="email", target="a@b.c",
        at=timezone.now() - LONG_AGO, next_at=timezone.now(), state="failed",
    )  # fmt: skip


def _fail_report_mail(_campaign: Campaign) -> None:
    report = SavedReport.objects.create(name="week", period="last-7-days")
    at = timezone.now() - LONG_AGO
    ReportMail.objects.create(
        report=report, due_at=at, since=at.date(), until=at.date(), next_at=at, state="failed",
        user=User.objects.get(), address="a@b.c",
    )  # fmt: skip


def _stop_schedule(campaign: Campaign) -> None:
    campaign.schedule_state, campaign.schedule_detail = "paused", "No list."
    campaign.save()
    campaign.history.filter(schedule_state="paused").update(history_date=timezone.now() - LONG_AGO)
    campaign.save()  # a later change of something else is not when it stopped


def _hold(_campaign: Campaign) -> None:
    at = timezone.now() - LONG_AGO
    Hold.objects.create(taken_at=at, restored_at=at)


def _stop_sequence(_campaign: Campaign) -> None:
    sequence = Sequence.objects.create(name="welcome", state="running", timezone="UTC")
    stop_after_failure(sequence, "No text.")
    sequence.history.filter(state="stopped").update(history_date=timezone.now() - LONG_AGO)
    # One that an operator stopped waits for nobody.
    other = Sequence.objects.create(name="by hand", state="running", timezone="UTC")
    stop_sequence(sequence=other)


def _drop_date(campaign: Campaign) -> None:
    at = timezone.now() - LONG_AGO
    Occurrence.objects.create(
        campaign=campaign, at=at, changed_at=at, state="dropped", detail="Too late."
    )


def _fail_to_handle(_campaign: Campaign) -> None:
    at = timezone.now() - LONG_AGO
    message = InboundMessage.objects.all()[0]
    InboundMessage.objects.filter(handled=False).update(handled=True)
    InboundMessage.objects.filter(pk=message.pk).update(
        handled=False, retry_at=timezone.now(), received_at=at
    )


def _fail_webhook(_campaign: Campaign) -> None:
    Endpoint.objects.create(
        name="crm", url="https://example.com/", state="failing", problem="HTTP 500.", secret="x",
        failing_since=timezone.now() - LONG_AGO,
    )  # fmt: skip


def _fail_backup(_campaign: Campaign) -> None:
    at = timezone.now() - LONG_AGO
    for kind, state in (("prune", "failed"), ("prune", "done"), ("backup", "failed")):
        Upkeep.objects.create(
            kind=kind, state=state, requested_at=at, finished_at=at, problem="The disk is full."
        )


#: Kind, what makes it wait, and what is said of it.
WAITING: list[tuple[Kind, Callable[[Campaign], None], str]] = [
    (Kind.QUARANTINED, _quarantine, "RES=5."),
    (Kind.FRIEND_REQUESTS, _ask_to_be_friends, "1 person waits"),
    (Kind.UNREAD_CONVERSATIONS, _write(2), "1 unread conversation"),
    (Kind.UNANSWERED_CONVERSATIONS, _write(0), "1 conversation was read"),
    (Kind.UNKNOWN, _lose_track, "2 deliveries arrived"),
    (Kind.FAILED_IMPORTS, _import("failed"), "It is a picture."),
    (Kind.UNCONFIRMED_IMPORTS, _import("uploaded"), "is uploaded but not imported"),
    (Kind.STOPPED_RUNS, _run(RunState.STOPPED, state_detail="No one."), "No one."),
    (Kind.SENT_BACK, _run(RunState.DRAFT, state_detail="Too long."), "Too long."),
    (Kind.UNDECIDED_TESTS, _test_variants, "Choose the variant"),
    (Kind.APPROVALS, _ask_for_approval, "waits for your approval"),
    (Kind.STOPPED_SCHEDULES, _stop_schedule, "No list."),
    (Kind.OUTAGES, _break_off, "cannot be reached"),
    (Kind.NO_WORKER, _end_workers, "No worker is running"),
    (Kind.WRONG_CLOCKS, _set_clock, "ahead of the database's"),
    (Kind.LOST_FRIENDS, _lose_friends, "lost 399 friends"),
    (Kind.FAILED_NOTIFICATIONS, _fail_notification, "1 notification"),
    (Kind.FAILED_REPORT_MAILS, _fail_report_mail, "1 mail with a report failed"),
    (Kind.HELD, _hold, "restored from a backup"),
    (Kind.STOPPED_SEQUENCES, _stop_sequence, "No text."),
    (Kind.DROPPED_DATES, _drop_date, "Too late."),
    (Kind.UNHANDLED_MESSAGES, _fail_to_handle, "1 message could not be read"),
    (Kind.FAILING_WEBHOOKS, _fail_webhook, "HTTP 500."),
    (Kind.FAILED_UPKEEP, _fail_backup, "The backup failed: The disk is full."),
]


@pytest.mark.parametrize(("kind", "happens", "words"), WAITING)
def test_what_waits_stands_on_the_overview(
    operator: Client,
    quiet_world: Campaign,
    kind: str,
    happens: Callable[[Campaign], None],
    words: str,
) -> None:
    happens(quiet_world)
    items = _items(operator)
    assert list(items) == [kind]
    assert words in items[kind][0]
    assert items[kind][1] == "3 h"
    assert items[kind][2]


def test_every_kind_is_tried() -> None:
    assert {kind for kind, _happens, _words in WAITING} == set(Kind)


def test_what_blocks_sending_comes_first(operator: Client, quiet_world: Campaign) -> None:
    _quarantine(quiet_world)
    _ask_to_be_friends(quiet_world)
    _break_off(quiet_world)
    assert next(iter(_items(operator))) == "outages"


def test_one_sees_only_what_one_may(client: Client, quiet_world: Campaign) -> None:
    _quarantine(quiet_world)
    _ask_to_be_friends(quiet_world)
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_account"))
    client.force_login(viewer)
    assert list(_items(client)) == ["quarantined"]


def test_ages_are_in_the_viewers_language(operator: Client, quiet_world: Campaign) -> None:
    _ask_to_be_friends(quiet_world)
    FriendRequest.objects.update(received_at=timezone.now() - timedelta(days=4))
    operator.cookies["django_language"] = "zh-hans"
    assert _items(operator)["friend_requests"][1] == "4 天"
    translation.activate("en")
