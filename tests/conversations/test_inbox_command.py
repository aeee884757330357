"""The command `inbox`, and that of canned answers."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from accounts.models import Account
from audit.models import AuditEntry
from clocks import shared
from contacts.models import Contact
from conversations.models import Answer, Conversation
from labels.labelling import create_label
from sending.models import Delivery
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)
from tests.commandline import manage
from tests.conversations.writing import a_conversation, arrives

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PERSON, OTHER = 423_456, 423_457


@pytest.fixture
def account() -> Account:
    return make_account(friends=[PERSON, OTHER])


@pytest.fixture
def conversation(account: Account) -> Conversation:
    Contact.objects.create(uin=PERSON, name="李娜")
    return a_conversation(account, sender=PERSON, text="多少钱？")


def test_the_list_has_pages_and_filters(conversation: Conversation) -> None:
    a_conversation(conversation.account, sender=OTHER, text="在吗", ago=5)
    first = manage("inbox", "list", "--limit", 1, "--json").json
    assert [item["uin"] for item in first["items"]] == [OTHER]
    second = manage("inbox", "list", "--limit", 1, "--next", first["next"], "--json").json
    assert [item["uin"] for item in second["items"]] == [PERSON]
    assert second["next"] is None
    item = second["items"][0]
    assert (item["account"], item["state"], item["unread"]) == (20_001, "open", 1)
    assert (item["text"], item["assigned_to"], item["labels"]) == ("多少钱？", None, [])
    assert item["last_inbound_at"].endswith("Z")
    for arguments, uins in (
        (("--uin", PERSON), [PERSON]),
        (("--account", 20_001, "--unread"), [OTHER, PERSON]),
        (("--state", "closed"), []),
        (("--unassigned", "--search", "多少"), [PERSON]),
    ):
        found = manage("inbox", "list", *arguments, "--json").json["items"]
        assert [one["uin"] for one in found] == uins
    assert "多少钱？" in manage("inbox", "list").out
    wrong = manage("inbox", "list", "--next", "x", "--json")
    assert (wrong.status, wrong.json["error"]) == (1, "cursor_malformed")


def test_work_on_a_conversation_is_noted_in_the_log(conversation: Conversation) -> None:
    User.objects.create_superuser("小王", password="x")
    create_label(name="重要")
    one = ("--uin", PERSON, "--json")
    assert manage("inbox", "assign", *one, "--to", "小王").json["assigned_to"] == "小王"
    assert manage("inbox", "label", *one, "--add", "重要").json["labels"] == ["重要"]
    assert manage("inbox", "note", *one, "--text", "-- 老客户").json["note"] == "-- 老客户"
    assert manage("inbox", "close", *one).json["state"] == "closed"
    assert manage("inbox", "reopen", *one).json["state"] == "open"
    arrives(conversation.account, "?", sender=PERSON)
    assert manage("inbox", "read", *one).json["unread"] == 0
    assert manage("inbox", "assign", *one, "--nobody").json["assigned_to"] is None
    assert manage("inbox", "label", *one, "--remove", "重要").json["labels"] == []
    assert AuditEntry.objects.count() == 8
    # Once more changes nothing, and is no entry.
    manage("inbox", "reopen", *one)
    assert AuditEntry.objects.count() == 8


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "--uin", OTHER), "conversation_unknown"),
        (("show", "--uin", PERSON, "--account", 1), "account_unknown"),
        (("assign", "--uin", PERSON, "--to", "nobody"), "operator_unknown"),
        (("label", "--uin", PERSON, "--add", "x"), "label_unknown"),
        (("answer", "--uin", PERSON, "--text", " "), "answer_empty"),
        (("answer", "--uin", PERSON, "--canned", "x"), "canned_unknown"),
        (("note", "--uin", PERSON, "--text", "x" * 5_001), "note_too_long"),
        (("export", "--out", "/nowhere/x"), "cannot_write"),
    ],
)
def test_what_cannot_be_done_is_refused(
    conversation: Conversation, arguments: tuple[object, ...], code: str
) -> None:
    said = manage("inbox", *arguments, "--json")
    assert (said.status, said.json["error"]) == (1, code)


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("show",),
        ("answer", "--uin", PERSON),
        ("answer", "--uin", PERSON, "--text", "x", "--canned", "y"),
        ("label", "--uin", PERSON),
        ("assign", "--uin", PERSON),
        ("export", "--out", "-", "--json"),
    ],
)
def test_wrong_usage(conversation: Conversation, arguments: tuple[object, ...]) -> None:
    assert manage("inbox", *arguments).status == 2


def test_a_person_who_wrote_to_two_accounts_needs_an_account(conversation: Conversation) -> None:
    arrives(make_account(20_002), "hi", sender=PERSON)
    said = manage("inbox", "show", "--uin", PERSON, "--json")
    assert (said.status, said.json["error"]) == (1, "conversation_ambiguous")
    assert said.json["accounts"] == [20_001, 20_002]
    shown = manage("inbox", "show", "--uin", PERSON, "--account", 20_002, "--json").json
    assert [one["text"] for one in shown["items"]] == ["hi"]


def test_a_canned_answer_is_saved_used_and_deleted(conversation: Conversation) -> None:
    save = ("canned_answer", "save", "营业时间")
    assert manage(*save, "--text", "{{ name }}，9 点到 21 点", "--json").status == 0
    wrong = manage("canned_answer", "save", "x", "--text", "{{ nmae }}", "--json")
    assert wrong.status == 1
    said = manage("inbox", "answer", "--uin", PERSON, "--canned", "营业时间", "--json")
    assert (said.status, said.json["state"]) == (0, "pending")
    assert said.json["text"] == "李娜，9 点到 21 点"
    assert Answer.objects.count() == 1
    manage(*save, "--text", "全天", "--json")
    items = manage("canned_answer", "list", "--json").json["items"]
    assert [(one["name"], one["text"]) for one in items] == [("营业时间", "全天")]
    assert manage("canned_answer", "show", "营业时间").out.strip() == "全天"
    assert manage("canned_answer", "delete", "营业时间", "--json").json["deleted"] is True
    assert manage("canned_answer", "list").out.strip() == "There are no canned answers."


def test_waiting_for_an_answer_that_is_not_sent_is_a_refusal(conversation: Conversation) -> None:
    said = manage("inbox", "answer", "--uin", PERSON, "--text", "hi", "--wait", 0.1, "--json")
    assert (said.status, said.json["state"]) == (1, "pending")


def test_the_export_writes_the_messages(conversation: Conversation, tmp_path: Path) -> None:
    manage("inbox", "answer", "--uin", PERSON, "--text", "88 元")
    file = tmp_path / "inbox.csv"
    said = manage("inbox", "export", "--out", file, "--json").json
    assert said == {"file": str(file), "messages": 2}
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].split(",")[:4] == ["account", "uin", "at", "direction"]
    assert "多少钱？" in lines[1]
    assert "88 元" in lines[2]
    shown = manage("inbox", "export", "--out", "-", "--format", "json")
    rows = json.loads(shown.out)
    assert [(row["direction"], row["text"]) for row in rows] == [
        ("in", "多少钱？"),
        ("out", "88 元"),
    ]
    assert (
        json.loads(manage("inbox", "export", "--out", "-", "--format", "json", "--uin", 9).out)
        == []
    )


def test_who_replied_to_a_campaign_is_listed_and_exported(account: Account, tmp_path: Path) -> None:
    members = make_list("all", [PERSON, OTHER])
    run = make_run(make_campaign("spring", lists=[members]), state=RunState.RUNNING)
    for uin in (PERSON, OTHER):
        person = Contact.objects.get(uin=uin)
        delivery = make_delivery(run, person, state="sent", account=account)
        hour = timedelta(hours=1 if uin == PERSON else 24 * 30)
        Delivery.objects.filter(pk=delivery.pk).update(sent_at=shared.wall() - hour)
        a_conversation(account, sender=uin)
    listed = ("inbox", "list", "--campaign", "spring")
    assert len(manage(*listed, "--json").json["items"]) == 2
    replied = manage(*listed, "--replied", "--json").json["items"]
    assert [one["uin"] for one in replied] == [PERSON]
    out = tmp_path / "replied.csv"
    said = manage("inbox", "export", "--campaign", "spring", "--replied", "--out", out, "--json")
    assert said.status == 0
    written = out.read_text()
    assert str(PERSON) in written
    assert str(OTHER) not in written
    assert manage("inbox", "list", "--replied").status == 2
