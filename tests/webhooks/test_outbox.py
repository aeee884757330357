"""Every change that webhooks tell of is in the outbox when its transaction is, and only then."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, InboundKind
from accounts.states import AccountState, StateReason
from accounts.transitions import change_account_state
from contacts.imports.fail import fail_import
from contacts.models import Contact, ContactImport, Suppression, SuppressionReason
from contacts.people.erase import erase_person
from contacts.suppressions import suppress
from conversations.rules.save import create_rule
from foundation.deletion import delete_row
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.opt_outs.word_list import add_words
from sending.runs.deliveries import move_deliveries
from sending.runs.transitions import change_run_state
from sending.states import DeliveryState, RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_inbound,
    make_list,
    make_run,
)
from tests.commandline import manage
from webhooks.endpoints import add_endpoint, disable_endpoint
from webhooks.models import Endpoint, Message
from webhooks.outbox.subscribers import forget_subscribers
from webhooks.states import EventKind

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def endpoint(db: None) -> Endpoint:
    return add_endpoint(name="crm", url="https://example.com/hook", events=[])


def _told(kind: str) -> list[tuple[str, dict[str, Any]]]:
    rows = Message.objects.filter(kind=kind).order_by("pk")
    return list(rows.values_list("object_key", "data"))


def test_an_account_that_changes_its_state(endpoint: Endpoint) -> None:
    account = make_account(20_001)
    change_account_state(
        account_id=account.pk, to=AccountState.DISABLED, reason=StateReason.BY_OPERATOR
    )
    [(about, data)] = _told(EventKind.ACCOUNT_STATE)
    assert (about, data["state"], data["account"]) == ("account:20001", "disabled", 20_001)


def test_a_run_that_changes_its_state(endpoint: Endpoint) -> None:
    run = make_run(make_campaign())
    assert change_run_state(run_id=run.pk, to=RunState.PAUSED)
    assert change_run_state(run_id=run.pk, to=RunState.RUNNING)
    told = [(about, data["state"]) for about, data in _told(EventKind.RUN_STATE)]
    assert told == [(f"run:{run.pk}", "paused"), (f"run:{run.pk}", "running")]


def test_deliveries_that_an_operator_ends(endpoint: Endpoint) -> None:
    people = make_list("l", [10_101, 10_102])
    run = make_run(make_campaign(lists=[people]))
    for contact in Contact.objects.all():
        make_delivery(run, contact, state="pending")
    move_deliveries(deliveries=Delivery.objects.all(), to=DeliveryState.CANCELLED)
    told = [(data["uin"], data["state"]) for _about, data in _told(EventKind.DELIVERY_ENDED)]
    assert told == [(10_101, "cancelled"), (10_102, "cancelled")]


def test_a_rollback_takes_the_event_back(endpoint: Endpoint) -> None:
    run = make_run(make_campaign())
    with transaction.atomic():
        change_run_state(run_id=run.pk, to=RunState.PAUSED)
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_a_message_an_opt_out_and_a_request(endpoint: Endpoint) -> None:
    account = make_account(20_001)
    add_words(words=["TD"])
    make_inbound(account, 10_101, text="TD")
    make_inbound(account, 10_102, text="hello", kind=InboundKind.REQUEST)
    assert [about for about, _data in _told(EventKind.MESSAGE_RECEIVED)] == ["person:10101"]
    assert [about for about, _data in _told(EventKind.OPT_OUT)] == ["person:10101"]
    assert [about for about, _data in _told(EventKind.FRIEND_REQUEST)] == ["person:10102"]
    assert "text" not in _told(EventKind.MESSAGE_RECEIVED)[0][1]


def test_opt_outs_that_no_reply_made(endpoint: Endpoint, tmp_path: Path) -> None:
    members = make_list("会员", [])
    suppress(uins=[10_102, 10_101])
    suppress(uins=[10_101])  # nothing new
    suppress(uins=[10_103], reason=SuppressionReason.UNREACHABLE)  # nobody's wish
    until = datetime(2199, 1, 1, 8, tzinfo=UTC)
    suppress(uins=[10_104], contact_list=members, until=until)
    file = tmp_path / "opt-outs.csv"
    file.write_text("uin,reason\n10101,\n10105,imported\n")
    assert manage("suppressions", "import", file).status == 0
    told = [data for _about, data in _told(EventKind.OPT_OUT)]
    assert [(one["uin"], one["reason"], one["list"], one["until"]) for one in told[:3]] == [
        (10_101, "by_hand", None, None),
        (10_102, "by_hand", None, None),
        (10_104, "by_hand", "会员", told[2]["until"]),
    ]
    assert datetime.fromisoformat(told[2]["until"]) == until
    assert (told[3]["uin"], told[3]["reason"]) == (10_105, "imported")
    row = Suppression.objects.get(uin=10_105)
    assert datetime.fromisoformat(told[3]["at"]) == row.created_at
    assert len(told) == 4
    first = Message.objects.filter(kind=EventKind.OPT_OUT).order_by("pk")[0]
    assert (first.object_key, first.uin, first.state) == ("person:10101", 10_101, "queued")
    delete_row(row=members)
    assert [about for about, _data in _told(EventKind.OPT_OUT)][4:] == ["person:10104"]


def test_an_opt_out_that_is_rolled_back_is_not_told(endpoint: Endpoint) -> None:
    with transaction.atomic():
        suppress(uins=[10_101])
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_an_import_that_ended(endpoint: Endpoint) -> None:
    made = ContactImport.objects.create(contact_list=make_list("l"), file_name="a", state="queued")
    fail_import(import_id=made.pk, problem=Refusal("no", code="no"))
    assert [data["state"] for _about, data in _told(EventKind.IMPORT_ENDED)] == ["failed"]


def test_a_rule_tells_the_webhook_that_it_names(db: None) -> None:
    endpoint = add_endpoint(name="crm", url="https://example.com/", events=["import.ended"])
    create_rule(name="order", words=["order"], is_on=True, calls=endpoint)
    make_inbound(make_account(20_001), 10_101, text="an order")
    [(about, data)] = _told(EventKind.RULE_MATCHED)
    assert (about, data["rule"], data["uin"]) == ("person:10101", "order", 10_101)


def test_an_erased_person_is_not_in_the_outbox(endpoint: Endpoint) -> None:
    make_list("l", [10_101])
    make_inbound(make_account(20_001), 10_101)
    assert Message.objects.filter(uin=10_101).exists()
    erase_person(contact=Contact.objects.get(uin=10_101))
    assert not Message.objects.filter(uin=10_101).exists()


def test_nothing_is_asked_or_written_without_an_endpoint(db: None) -> None:
    account = make_account(20_001)
    forget_subscribers()
    _change(account, AccountState.OFFLINE)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        _change(account, AccountState.DISABLED)
    assert not [one for one in queries.captured_queries if "webhooks_" in one["sql"]]


def test_a_disabled_endpoint_collects_nothing(endpoint: Endpoint) -> None:
    disable_endpoint(endpoint=endpoint)
    _change(make_account(20_001), AccountState.DISABLED)
    assert not Message.objects.exists()


def _change(account: Account, to: str) -> None:
    change_account_state(account_id=account.pk, to=to, reason=StateReason.BY_OPERATOR)
