"""What becomes of open deliveries, dates and sequences when a restored installation is released."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.leases.leases import take_leases_for_turns
from accounts.leases.take_leases import take_lease
from accounts.leases.workers import register_worker
from accounts.models import AccountTask, FriendLink, FriendRequest, Lease
from accounts.states import FriendRequestState
from campaigns.creation.create_sequence import create_sequence
from campaigns.creation.sequence_steps import Step
from campaigns.models import CampaignRun
from campaigns.run_control.occurrences import start_due_occurrences
from campaigns.sequences.control import start_sequence
from contacts.models import Contact
from contacts.people.erase import erase_person
from contacts.people.erasures import complete_list, erasures_file, note_erasures
from conversations.keeping.make_conversation import conversation_with
from conversations.models import RuleAnswer
from conversations.rules.save import create_rule
from holds.models import Hold, is_held
from operations.restoring.prepare import prepare
from operations.restoring.seqs import HOUR, possible_since, raise_seqs
from sending.models import Attempt, Delivery
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_inbound,
    make_list,
    make_run,
)
from tests.commandline import manage

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]
FIRST = 100_000


def hold(**columns: Any) -> Hold:
    now = timezone.now()
    return Hold.objects.create(
        **{"taken_at": now - timedelta(hours=2), "restored_at": now, **columns}
    )


def a_run(*states: str, promise: str = "never-twice", name: str = "spring") -> CampaignRun:
    """Make a run whose deliveries have these states; those in flight have an open attempt."""
    people = make_list(name, range(FIRST, FIRST + len(states)))
    run = make_run(make_campaign(name, lists=[people], promise=promise))
    account = make_account(20_001 + run.pk)
    contacts = Contact.objects.order_by("uin")[: len(states)]
    for seq, (state, contact) in enumerate(zip(states, contacts, strict=True), start=1):
        delivery = make_delivery(run, contact, state=state, account=account, seq=seq)
        if state == "sending":
            Attempt.objects.create(
                delivery=delivery, account=account, seq=seq, marked_at=timezone.now()
            )
    return run


def states(run: CampaignRun) -> list[tuple[str, str]]:
    return list(Delivery.objects.filter(run=run).order_by("pk").values_list("state", "reason"))


def test_no_lease_is_taken_while_an_installation_is_held() -> None:
    account = make_account()
    worker = register_worker(egress_name="a", source_address=None, proxy=None, version="1")
    one = {"worker_id": worker.pk, "egress_id": worker.egress_id}
    held = hold()
    assert take_lease(account_id=account.pk, **one) is None
    assert take_leases_for_turns(account_ids=[account.pk], **one) == []
    Hold.objects.filter(pk=held.pk).update(released_at=timezone.now())
    assert take_lease(account_id=account.pk, **one) is not None


def test_what_was_open_becomes_unknown_unless_it_is_chosen_to_be_sent() -> None:
    ended = a_run("sent", "pending", "sending", "failed")
    kept = a_run("pending", "sending", "sent", name="summer")
    missed = a_run("pending", "sending", promise="never-missed", name="autumn")
    hold()
    shown = manage("restore", "--status", "--json").json
    assert {run["run"]: (run["pending"], run["sending"]) for run in shown["runs"]} == {
        run.pk: (1, 1) for run in (ended, kept, missed)
    }
    done = manage("restore", "--release", "--go-on", kept.pk, missed.pk, "--json").json
    assert (done["unknown"], done["kept"]) == (2, 3)
    assert states(ended) == [("sent", ""), *[("unknown", "restored")] * 2, ("failed", "")]
    assert states(kept) == [("pending", "may_have_arrived"), ("unknown", "restored"), ("sent", "")]
    assert states(missed) == [("pending", "may_have_arrived")] * 2
    assert not Attempt.objects.filter(finished_at=None).exists()
    assert [check_figures(run=run) for run in (ended, kept, missed)] == [[], [], []]
    assert not is_held()
    assert manage("restore", "--release", "--json").json["error"] == "not_held"


def test_a_run_that_had_nothing_open_is_refused_and_nothing_is_released() -> None:
    run = a_run("sent")
    hold()
    refused = manage("restore", "--release", "--go-on", run.pk, "--json")
    assert (refused.status, refused.json["error"]) == (1, "run_unknown")
    assert is_held()


def test_a_run_that_was_about_to_begin_is_stopped_and_a_later_one_is_not() -> None:
    held = hold()
    begun, later = (
        make_run(make_campaign(name), state=RunState.SCHEDULED, starts_at=held.restored_at + wait)
        for name, wait in (("a", -timedelta(minutes=5)), ("b", timedelta(minutes=5)))
    )
    preparing = make_run(make_campaign("c"), state=RunState.PREPARING)
    manage("restore", "--release")
    found = dict(CampaignRun.objects.values_list("pk", "state"))
    assert found == {begun.pk: "stopped", later.pk: "scheduled", preparing.pk: "stopped"}


def test_a_date_that_passed_since_the_backup_starts_no_run() -> None:
    day = timezone.now() - timedelta(days=3)
    campaign = make_campaign(
        "daily", repeat="daily@09:00", schedule_state="on", scheduled_through=day, late="send"
    )
    hold()
    done = manage("restore", "--release", "--json").json
    assert done["dates"] == 3
    assert start_due_occurrences() == 0
    assert set(campaign.occurrences.values_list("state", flat=True)) == {"dropped"}


def test_seqs_are_raised_beyond_what_can_have_been_used() -> None:
    now = timezone.now()
    ahead, idle = make_account(20_001), make_account(20_002)
    clock = int(now.timestamp())
    Lease.objects.filter(account=ahead).update(last_seq=clock + 5_000)
    raise_seqs(taken_at=now - timedelta(hours=2), now=now)
    # At fifty a second for the hour after the backup, whatever it was ahead of the clock.
    assert Lease.objects.get(account=ahead).last_seq >= clock + 5_000 + 50 * HOUR
    assert Lease.objects.get(account=idle).last_seq > clock + 50 * HOUR
    assert possible_since(timedelta(days=30)) < 2**24


def test_who_was_erased_since_the_backup_is_erased_again() -> None:
    run = a_run("pending", "sent", "unknown")
    erased = list(Contact.objects.order_by("uin").values_list("uin", flat=True))[:2]
    list_of_erased = erasures_file()
    list_of_erased.unlink(missing_ok=True)
    note_erasures(erased)
    assert not any(str(uin) in list_of_erased.read_text() for uin in erased)
    held = hold()
    prepare(hold=held)
    assert held.erased_again == 2
    assert not Contact.objects.filter(uin__in=erased).exists()
    assert sorted(states(run)) == [("failed", "restored"), ("sent", ""), ("unknown", "")]
    assert check_figures(run=run) == []
    list_of_erased.unlink()
    prepare(hold=held)
    assert held.erased_again is None, "without a list it is not known who was erased"


@pytest.mark.django_db(transaction=True)
def test_an_erasure_is_noted_outside_the_database() -> None:
    erasures_file().unlink(missing_ok=True)
    make_list("all", [FIRST, FIRST + 1])
    erase_person(contact=Contact.objects.get(uin=FIRST))
    assert len(erasures_file().read_text().splitlines()) == 1
    assert erasures_file().stat().st_mode & 0o777 == 0o600
    assert complete_list() == 0
    erasures_file().unlink()
    assert complete_list() == 1, "the list is completed from the database"


def test_the_front_page_tells_and_the_page_releases(admin_client: Client) -> None:
    run = a_run("pending", "sent")
    hold()
    page = admin_client.get(reverse("admin:index")).content.decode()
    assert reverse("restored") in page
    shown = admin_client.get(reverse("restored")).content.decode()
    assert "spring" in shown
    assert "both must never run at once" in shown
    admin_client.post(reverse("restored"), {f"run-{run.pk}": "go_on"})
    assert not is_held()
    assert states(run)[0] == ("pending", "may_have_arrived")
    assert Hold.objects.get().released_by is not None


def test_only_who_may_release_sees_the_page(client: Client, django_user_model: Any) -> None:
    hold()
    user = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
    client.force_login(user)
    assert client.get(reverse("restored")).status_code == 403
    assert client.post(reverse("restored")).status_code == 403
    assert is_held()


def test_a_running_sequence_is_stopped_and_waiting_answers_are_withheld() -> None:
    account = make_account(20_001, friends=[FIRST], credential="x" * 32)
    steps = [Step(0, text="welcome"), Step(86_400, text="a day later")]
    sequence = create_sequence(name="welcome", steps=steps, lists=[make_list("all", [FIRST])])
    start_sequence(sequence=sequence)
    conversation = conversation_with(account=account, uin=FIRST)
    rule = create_rule(name="r", words=["price"], answer="100", is_on=True)
    message = make_inbound(account, FIRST, text="price")
    asked = RuleAnswer.objects.filter(rule=rule, conversation=conversation, message=message)
    assert asked.get().state == "waiting"
    hold()
    done = manage("restore", "--release", "--json").json
    assert done["sequences"] == 1
    sequence.refresh_from_db()
    assert sequence.state == "stopped"
    assert asked.get().state == "withheld"


def test_what_an_account_owed_to_people_is_not_repeated_blindly() -> None:
    account = make_account()
    now = timezone.now()
    before = now - timedelta(hours=3)
    asked = FriendRequest.objects.create(
        account=account, uin=FIRST, state=FriendRequestState.ACCEPTING, received_at=before
    )
    link = FriendLink.objects.create(
        account=account, uin=FIRST + 1, kind="add", purpose="p", requested_at=before
    )
    tasks = [
        AccountTask.objects.create(account=account, kind=kind, uin=uin, requested_at=at)
        for kind, uin, at in (
            ("accept", FIRST, before),
            ("add", FIRST + 1, before),
            ("sync", 0, before),
            ("remove", FIRST + 2, now + timedelta(seconds=5)),
        )
    ]
    hold()
    assert manage("restore", "--release", "--json").json["tasks"] == 2
    states = [AccountTask.objects.get(pk=task.pk).state for task in tasks]
    assert states == ["failed", "failed", "open", "open"]
    asked.refresh_from_db()
    link.refresh_from_db()
    assert (asked.state, link.state) == ("waiting", "failed")
    assert "may have been done since the backup" in str(link.detail)
