"""An inbound message belongs to the last delivery to its person by its account."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from accounts.models import Account, InboundMessage
from campaigns.earlier_people import first_reply_at
from campaigns.models import CampaignRun
from clocks import shared
from contacts.models import Contact
from contacts.people.erase import erase_person
from sending.models import Attempt, Delivery, Reply
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_inbound,
    make_list,
    make_run,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PERSON = 100_001
DAY = timedelta(days=1)


@pytest.fixture
def account() -> Account:
    return make_account(20_001, friends=[PERSON])


def sent(account: Account | None, *, ago: timedelta, state: str = "sent") -> Delivery:
    """Make a run whose message the person got so long ago."""
    name = f"run {Delivery.objects.count()}"
    run = make_run(make_campaign(name, lists=[make_list("all", [])]))
    contact, _ = Contact.objects.get_or_create(uin=PERSON)
    at = shared.wall() - ago if state == "sent" else None
    return make_delivery(run, contact, account=account, state=state, sent_at=at)


def answered(message: InboundMessage) -> Any:
    reply = Reply.objects.filter(message=message).first()
    return reply.delivery if reply is not None else None


def test_it_belongs_to_the_last_one_alone(account: Account) -> None:
    first, second = sent(account, ago=3 * DAY), sent(account, ago=2 * DAY)
    other = sent(make_account(20_002), ago=DAY)
    sent(account, ago=DAY, state="failed")
    sent(None, ago=DAY, state="skipped")
    early = make_inbound(account, PERSON, at=shared.wall() - 2.5 * DAY)
    late = make_inbound(account, PERSON)
    assert (answered(early), answered(late)) == (first, second)
    assert Reply.objects.get(message=late).run_id == second.run_id
    assert not other.replies.exists()


@pytest.mark.parametrize(
    ("ago", "kind", "is_tied"),
    [(6.9 * DAY, 9, True), (7.1 * DAY, 9, False), (-DAY, 9, False), (DAY, 2, False)],
)
def test_which_messages_are_replies(
    account: Account, ago: timedelta, kind: int, is_tied: bool
) -> None:
    delivery = sent(account, ago=ago)
    assert (answered(make_inbound(account, PERSON, kind=kind)) == delivery) is is_tied


def test_one_in_flight_counts_from_its_mark(account: Account) -> None:
    first, second = sent(account, ago=DAY), sent(account, ago=DAY, state="sending")
    marked_at: datetime = shared.now() - timedelta(minutes=1)
    Attempt.objects.create(delivery=second, account=account, seq=1, marked_at=marked_at)
    before = make_inbound(account, PERSON, at=shared.wall() - timedelta(minutes=2))
    after = make_inbound(account, PERSON)
    assert (answered(before), answered(after)) == (first, second)


def test_the_first_reply_is_the_time_of_the_report(account: Account) -> None:
    delivery = sent(account, ago=DAY)
    times = [make_inbound(account, PERSON).received_at for _ in range(3)]
    found: Any = Delivery.objects.annotate(replied_at=first_reply_at()).get(pk=delivery.pk)
    assert (found.replied_at, Reply.objects.count()) == (times[0], 3)


def test_figures_stay_when_a_person_is_erased(account: Account) -> None:
    delivery = sent(account, ago=DAY)
    make_inbound(account, PERSON)
    erase_person(contact=Contact.objects.get(uin=PERSON))
    reply = Reply.objects.get()
    assert (reply.delivery, reply.message) == (delivery, None)
    assert not InboundMessage.objects.exists()


def test_a_message_from_somebody_unknown_is_no_reply(account: Account) -> None:
    assert answered(make_inbound(account, 4_000_000_000)) is None


def test_messages_of_before_are_tied_by_the_migration(account: Account) -> None:
    first, second = sent(account, ago=3 * DAY), sent(account, ago=2 * DAY)
    for ago in (4 * DAY, 2.5 * DAY, DAY):
        InboundMessage.objects.create(
            account=account, uin=PERSON, received_at=shared.wall() - ago, handled=True
        )
    import_module("sending.migrations.0007_replies_until_now").tie(apps, None)
    assert [row.delivery for row in Reply.objects.order_by("at")] == [first, second]
    assert {row.run_id for row in Reply.objects.all()} == set(
        CampaignRun.objects.values_list("pk", flat=True)
    )
