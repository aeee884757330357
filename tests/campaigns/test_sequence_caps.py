"""The frequency cap for all campaigns holds for the steps of sequences."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Account
from campaigns.creation.create_sequence import create_sequence
from campaigns.creation.sequence_steps import Step
from campaigns.models import DefaultCap, SequencePerson
from campaigns.sequences.control import start_sequence
from campaigns.sequences.tick import advance_sequences
from clocks import shared
from contacts.models import Contact
from sending.lanes.feed import brief, next_deliveries
from sending.lanes.run_turns import RunTurns
from sending.models import Delivery, Run
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
FIRST, SECOND = 100_000, 100_001


@pytest.fixture
def account() -> Account:
    """An account with two friends; a person may get one message in seven days."""
    DefaultCap.objects.create(most=1, days=7)
    make_list("members", [FIRST, SECOND])
    return make_account(20_001, friends=[FIRST, SECOND])


def got_one(account: Account, uin: int) -> None:
    """Make a message of another campaign that the person got a day ago."""
    other = make_campaign(f"other {uin}", lists=[make_list(f"other {uin}", [uin])])
    run = make_run(other, state=RunState.RUNNING)
    delivery = make_delivery(run, Contact.objects.get(uin=uin), state="sent", account=account)
    Delivery.objects.filter(pk=delivery.pk).update(sent_at=shared.wall() - timedelta(days=1))


def enter(account: Account) -> Run:
    """Start a sequence of two steps and let everybody enter; return the run of its first step."""
    sequence = create_sequence(
        name="welcome",
        steps=[Step(0, text="welcome"), Step(86_400, text="a day later")],
        lists=[make_list("members")],
        includes_existing=True,
    )
    start_sequence(sequence=sequence)
    advance_sequences()
    advance_sequences()
    step = sequence.steps.get(number=1)
    return Run.objects.get(pk=str(step.run_id))


def test_planning_passes_over_who_has_reached_the_cap(account: Account) -> None:
    got_one(account, FIRST)
    run = enter(account)
    assert (run.cap_most, run.cap_seconds) == (1, 7 * 86_400)
    rows = Delivery.objects.filter(run=run).order_by("uin")
    assert [(row.state, row.reason) for row in rows] == [
        ("skipped", "frequency_cap"),
        ("pending", ""),
    ]
    advance_sequences()
    person = SequencePerson.objects.get(contact__uin=FIRST)
    assert person.state == "active"  # the step is passed over, the person goes on
    assert person.next_at is not None


def test_who_reaches_the_cap_later_is_skipped_and_each_mark_keeps_it(account: Account) -> None:
    run = enter(account)
    got_one(account, FIRST)
    of_lane = brief(Run.objects.get(pk=run.pk), quiet=())
    dues = next_deliveries(account=account, runs=[of_lane], limit=10, turns=RunTurns())
    assert [due.uin for due in dues] == [SECOND]
    assert dues[0].limit is not None
    assert dues[0].limit.most == 1
    skipped = Delivery.objects.get(run=run, uin=FIRST)
    assert (skipped.state, skipped.reason) == ("skipped", "frequency_cap")
