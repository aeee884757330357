"""A sequence that needs an approval waits for a second person, who approves exactly what it is."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from campaigns.creation.create_sequence import create_sequence
from campaigns.creation.sequence_steps import Step
from campaigns.models import (
    Campaign,
    MessageTemplate,
    Notification,
    Sequence,
    SequenceApproval,
    UserNotifications,
)
from campaigns.notification_states import NotificationEvent
from campaigns.notifications.make import make_notifications
from campaigns.run_control.require_approval import require_approval
from campaigns.sequences.approve import approve_sequence, reject_sequence
from campaigns.sequences.control import end_sequence, start_sequence, stop_sequence
from campaigns.sequences.tick import advance_sequences
from clocks import shared
from foundation.refusals import Refusal
from sending.models import Delivery, Run
from tests.campaigns.factories import make_account, make_list
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture
def sequence() -> Sequence:
    make_account(20_001, friends=range(100_000, 100_009))
    members = make_list("members", [100_000])
    steps = [Step(0, text="hi"), Step(86_400, "not-replied", text="again")]
    return create_sequence(name="welcome", steps=steps, lists=[members], by=_user("author"))


@pytest.fixture
def _required() -> None:
    require_approval(is_required=True)


def _user(name: str) -> Any:
    user, _is_new = get_user_model().objects.get_or_create(
        username=name, defaults={"is_staff": True, "is_superuser": True}
    )
    return user


def _code(act: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        act()
    return refusal.value.code


@pytest.mark.usefixtures("_required")
def test_it_waits_is_approved_by_a_second_person_and_sends(sequence: Sequence) -> None:
    author, second = _user("author"), _user("second")
    start_sequence(sequence=sequence, by=author)
    assert sequence.state == "awaiting"
    assert not Run.objects.exists()
    assert not Campaign.objects.exists()
    assert _code(lambda: approve_sequence(sequence=sequence, by=author)) == "own_campaign"
    assert _code(lambda: start_sequence(sequence=sequence, by=author)) == "wrong_state"
    approval = approve_sequence(sequence=sequence, by=second, comment="checked")
    assert (approval.state, approval.decided_by, approval.comment) == (
        "approved",
        second,
        "checked",
    )
    assert sequence.state == "running"
    assert "second" in sequence.state_detail
    make_list("members", [100_001])
    advance_sequences()
    advance_sequences()
    assert Delivery.objects.get().uin == 100_001


@pytest.mark.usefixtures("_required")
@pytest.mark.parametrize("change", ["text", "wait", "list", "account", "template"])
def test_a_change_after_it_was_asked_for_makes_the_request_void(
    sequence: Sequence, change: str
) -> None:
    first = sequence.steps.get(number=1)
    if change == "template":
        first.template = MessageTemplate.objects.create(name="t", text="from a template")
        first.text = ""
        first.save()
    start_sequence(sequence=sequence)
    if change == "text":
        sequence.steps.filter(number=1).update(text="something else")
    elif change == "wait":
        sequence.steps.filter(number=2).update(wait_seconds=60)
    elif change == "list":
        sequence.lists.add(make_list("others", [100_002]))
    elif change == "account":
        sequence.accounts.add(make_account(20_002, friends=[100_002]))
    else:
        MessageTemplate.objects.update(text="another text")
    second = _user("second")
    assert _code(lambda: approve_sequence(sequence=sequence, by=second)) == "changed"
    assert not Run.objects.exists()
    start_sequence(sequence=sequence)  # asks again, for what it is now
    assert [one.state for one in SequenceApproval.objects.order_by("pk")] == [
        "withdrawn",
        "requested",
    ]
    approve_sequence(sequence=sequence, by=second)
    assert sequence.state == "running"


@pytest.mark.usefixtures("_required")
def test_sent_back_it_can_be_changed_and_asked_for_again(sequence: Sequence) -> None:
    start_sequence(sequence=sequence)
    reject_sequence(sequence=sequence, by=_user("second"), comment="too long")
    assert sequence.state == "draft"
    assert "too long" in sequence.state_detail
    assert sequence.is_editable
    start_sequence(sequence=sequence)
    assert sequence.state == "awaiting"
    stop_sequence(sequence=sequence)
    assert sequence.state == "draft"
    assert not SequenceApproval.objects.waiting().exists()
    assert _code(lambda: end_sequence(sequence=sequence)) == "wrong_state"


def test_it_stops_when_approval_is_switched_on_and_continues_once_approved(
    sequence: Sequence,
) -> None:
    start_sequence(sequence=sequence)
    require_approval(is_required=True)
    make_list("members", [100_001])
    advance_sequences()
    sequence.refresh_from_db()
    assert sequence.state == "stopped"
    assert "needs an approval" in sequence.state_detail
    assert not Delivery.objects.exists()
    start_sequence(sequence=sequence)
    assert sequence.state == "awaiting"
    reject_sequence(sequence=sequence, by=_user("second"))
    assert sequence.state == "stopped"
    start_sequence(sequence=sequence)
    approve_sequence(sequence=sequence, by=_user("second"))
    advance_sequences()
    advance_sequences()
    assert Delivery.objects.get().uin == 100_001


@pytest.mark.usefixtures("_required")
def test_it_continues_without_a_new_approval_while_it_is_what_was_approved(
    sequence: Sequence,
) -> None:
    template = MessageTemplate.objects.create(name="t", text="from a template")
    sequence.steps.filter(number=2).update(template=template, text="")
    start_sequence(sequence=sequence)
    approve_sequence(sequence=sequence, by=_user("second"))
    template.text = "changed later: the run has its own copy"
    template.save()
    stop_sequence(sequence=sequence)
    start_sequence(sequence=sequence)
    assert sequence.state == "running"


@pytest.mark.usefixtures("_required")
def test_other_accounts_of_a_step_stop_it(sequence: Sequence) -> None:
    start_sequence(sequence=sequence)
    approve_sequence(sequence=sequence, by=_user("second"))
    Campaign.objects.get(sequence_step__number=1).accounts.add(
        make_account(20_002, friends=[100_001])
    )
    make_list("members", [100_001])
    advance_sequences()
    sequence.refresh_from_db()
    assert sequence.state == "stopped"
    assert "changed since then" in sequence.state_detail
    assert not Delivery.objects.exists()


def test_a_step_that_needs_an_approval_is_enough(sequence: Sequence) -> None:
    start_sequence(sequence=sequence)
    Campaign.objects.filter(sequence_step__number=2).update(needs_approval=True)
    advance_sequences()
    sequence.refresh_from_db()
    assert sequence.state == "stopped"


@pytest.mark.usefixtures("_required")
def test_the_commands(sequence: Sequence) -> None:
    _user("second")
    said = manage("sequence", "start", "welcome", "--json")
    assert (said.status, said.json["state"]) == (0, "awaiting")
    [item] = manage("approval", "show", "--json").json["items"]
    assert (item["sequence"], item["campaign"], item["run"]) == ("welcome", None, None)
    said = manage("sequence", "approve", "welcome", "--by", "author", "--json")
    assert (said.status, said.json["error"]) == (1, "own_campaign")
    said = manage("sequence", "approve", "welcome", "--by", "second", "--comment", "ok", "--json")
    assert said.status == 0
    found = said.json
    assert (found["sequence"], found["state"], found["approval"]) == (
        "welcome",
        "running",
        "approved",
    )
    assert (found["by"], found["comment"], found["hash"]) == ("second", "ok", item["hash"])
    said = manage("sequence", "reject", "welcome", "--by", "second", "--json")
    assert (said.status, said.json["error"]) == (1, "nothing_to_approve")


@pytest.mark.usefixtures("_required")
def test_an_operator_who_asked_to_is_told(sequence: Sequence) -> None:
    UserNotifications.objects.create(
        user=_user("second"),
        address="second@example.org",
        events=[NotificationEvent.APPROVAL],
        since=shared.wall(),
    )
    start_sequence(sequence=sequence, by=_user("author"))
    assert make_notifications() == 1
    assert make_notifications() == 0
    told = Notification.objects.get()
    assert (told.about, told.campaign) == (sequence, None)
    assert "author asked for it" in told.sentence
