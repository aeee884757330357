"""Rules for messages: which messages fit, what is done, the caps of answers, and the dry run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from accounts.models import Account, InboundMessage
from clocks import shared
from contacts.models import ContactList, Segment, Suppression
from conversations.models import Answer, Conversation, ReplyRule, RuleAnswer
from conversations.rules.answer import send_rule_answers
from conversations.rules.dry_run import dry_run
from conversations.rules.save import create_rule, switch_rule
from foundation.deletion import delete_row
from foundation.refusals import Refusal
from labels.labelling import create_label
from qqhttp.simulator import GatewaySimulator
from sending.models import Delivery, OptOut
from sending.opt_outs.word_list import add_words
from tests.campaigns.factories import make_account, make_list
from tests.commandline import manage
from tests.conversations.writing import arrives
from tests.sending.conftest import friends_of
from tests.sending.inboxes import A_HEARTBEAT, logged_in
from tests.sending.working import LocalWorker, wait_until

FRIEND, OTHER = friends_of(0)[:2]


@pytest.fixture
def account(db: None) -> Account:
    return make_account(20_001, friends=[FRIEND, OTHER])


def rule(name: str = "r", **columns: Any) -> ReplyRule:
    columns.setdefault("is_on", True)
    if not any(columns.get(key) for key in ("labels", "answer", "adds_to", "suppresses")):
        columns["adds_to"] = make_list(f"of {name}", [])
    return create_rule(name=name, **columns)


def counts(name: str = "r") -> dict[str, int]:
    row = ReplyRule.objects.get(name=name)
    names = ("matched", "labelled", "assigned", "answered", "withheld", "added", "suppressed")
    return {key: getattr(row, key) for key in names if getattr(row, key)}


def withheld() -> list[str]:
    return list(RuleAnswer.objects.order_by("pk").values_list("reason", flat=True))


# --- conditions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "fits"),
    [
        ({"words": ["价格", "多少钱"]}, True),
        ({"words": ["退货"]}, False),
        ({"words": ["ＰＲＩＣＥ"]}, True),
        ({"words": ["请问多少钱，PRICE？"], "match": "exact"}, True),
        ({"words": ["多少钱"], "match": "exact"}, False),
        ({"words": ["请问多少钱"], "match": "begins"}, True),
        ({"words": ["多少钱"], "match": "begins"}, False),
        ({"words": ["请问多少钱？"], "match": "begins"}, True),
        ({"words": [" ", "!"]}, True),
    ],
)
def test_words(account: Account, columns: dict[str, Any], fits: bool) -> None:
    rule(**columns)
    arrives(account, "请问多少钱，price？ ", sender=FRIEND)
    assert counts() == ({"matched": 1, "added": 1} if fits else {})


def test_people_and_accounts(account: Account) -> None:
    members = make_list("members", [FRIEND])
    make_list("others", [OTHER], city="昆明")
    city = {"kind": "attribute", "name": "city", "is": "equals", "value": "昆明"}
    segment = Segment.objects.create(name="s", conditions=city)
    label = create_label(name="east")
    second = make_account(20_002)
    second.labels.add(label)
    rule("by list", lists=[members])
    rule("by segment", segment=segment)
    rule("by either", lists=[members], segment=segment)
    rule("by account", accounts=[account])
    rule("by label", account_labels=[label])
    rule("by both", accounts=[account], account_labels=[label])
    arrives(account, "1", "2", sender=FRIEND)
    arrives(second, "3", sender=OTHER)
    arrives(account, "a request", sender=OTHER, kind=2)
    matched = dict(ReplyRule.objects.values_list("name", "matched"))
    assert matched == {
        "by list": 2,
        "by segment": 1,
        "by either": 3,
        "by account": 2,
        "by label": 1,
        "by both": 3,
    }


def test_rules_apply_in_order_until_the_last_one(account: Account) -> None:
    rule("third", position=3)
    rule("first", position=1, words=["a"])
    rule("second", position=2, words=["b"], is_last=True)
    rule("off", position=0, is_on=False)
    arrives(account, "a b", "c", sender=FRIEND)
    matched = dict(ReplyRule.objects.values_list("name", "matched"))
    assert matched == {"off": 0, "first": 1, "second": 1, "third": 1}


# --- actions ------------------------------------------------------------------------------------


def test_what_a_rule_does(account: Account) -> None:
    label, operator = create_label(name="price"), User.objects.create_superuser("wang")
    members = make_list("asked", [])
    rule(labels=[label], assignee=operator, adds_to=members, suppresses=True)
    arrives(account, "1", "2", sender=FRIEND)
    conversation = Conversation.objects.get()
    assert (conversation.assignee, list(conversation.labels.all())) == (operator, [label])
    assert [row.contact.uin for row in members.memberships.all()] == [FRIEND]
    suppression = Suppression.objects.get()
    assert (suppression.uin, suppression.reason) == (FRIEND, "replied")
    assert counts() == {"matched": 2, "labelled": 2, "assigned": 1, "added": 1, "suppressed": 1}


def test_a_rule_that_fails_stops_no_other_and_no_opt_out(account: Account) -> None:
    add_words(words=["TD"])
    nobody = User.objects.create_user("nobody")
    rule("broken", position=1, assignee=nobody, labels=[create_label(name="x")])
    rule("fine", position=2)
    arrives(account, "TD", sender=FRIEND)
    assert OptOut.objects.count() == 1
    assert (counts("broken"), counts("fine")) == ({}, {"matched": 1, "added": 1})
    assert "nobody" in ReplyRule.objects.get(name="broken").problem
    assert not Conversation.objects.get().labels.exists()
    assert not InboundMessage.objects.filter(handled=False).exists()
    nobody.is_superuser = True
    nobody.save()
    arrives(account, "again", sender=FRIEND)
    assert ReplyRule.objects.get(name="broken").problem == ""


# --- answers ------------------------------------------------------------------------------------


def test_a_person_is_answered_once_a_day(account: Account) -> None:
    rule(answer="{{ uin }}，您好")
    arrives(account, "1", "2", sender=FRIEND)
    arrives(account, "3", sender=OTHER)
    assert (send_rule_answers(), send_rule_answers()) == (2, 0)
    texts = Delivery.objects.order_by("uin").values_list("uin", "text")
    assert list(texts) == [(FRIEND, f"{FRIEND}，您好"), (OTHER, f"{OTHER}，您好")]
    assert withheld() == ["", "cap", ""]
    assert counts() == {"matched": 3, "answered": 2, "withheld": 1}
    assert Conversation.objects.filter(unread=0).count() == 0
    RuleAnswer.objects.update(at=shared.wall() - timedelta(hours=25))
    arrives(account, "4", sender=FRIEND)
    assert send_rule_answers() == 1


def test_a_machine_that_answers_us_is_not_answered_for_ever(account: Account) -> None:
    rule(answer="hi", answers_a_day=10)
    for n in range(5):
        arrives(account, f"hi {n}", sender=FRIEND)
        send_rule_answers()
    assert withheld() == ["", "", "machine", "machine", "machine"]
    # It stays so when the minute is over: two machines would only write more slowly.
    Answer.objects.update(created_at=shared.wall() - timedelta(minutes=5))
    arrives(account, "hi again", sender=FRIEND)
    assert (send_rule_answers(), Answer.objects.count()) == (0, 2)


def test_who_opted_out_is_not_answered(account: Account) -> None:
    add_words(words=["TD"])
    rule(answer="why?")
    arrives(account, "TD", sender=FRIEND)
    assert (send_rule_answers(), withheld()) == (0, ["suppressed"])


@pytest.mark.slow
def test_the_answer_of_a_rule_arrives_once(engine: GatewaySimulator, sender: Account) -> None:
    rule(answer="我们 9 点开门", words=["几点"])
    with LocalWorker() as worker:
        logged_in(sender)
        engine.control.push_inbound(uin=sender.uin, sender=FRIEND, text="你们几点开门")
        wait_until(RuleAnswer.objects.exists, what="the message", seconds=A_HEARTBEAT)
        assert send_rule_answers() == 1
        RuleAnswer.objects.update(state="waiting")  # as if the process had died before its commit
        assert send_rule_answers() == 1
        sent = Delivery.objects.filter(state="sent")
        wait_until(sent.exists, what="the answer", seconds=A_HEARTBEAT)
        assert worker.deaths == []
    assert engine.control.check([(FRIEND, "我们 9 点开门")]).is_exact


# --- trying out, the command, deleting ----------------------------------------------------------


def test_a_dry_run_changes_nothing(account: Account) -> None:
    arrives(account, "多少钱", "谢谢", sender=FRIEND)
    arrives(account, "多少钱", sender=OTHER)
    row = rule(words=["多少钱"], is_on=False)
    found = dry_run(rule=row)
    assert (found.looked_at, found.matched, found.people) == (3, 2, 2)
    assert [one.uin for one in found.sample] == [OTHER, FRIEND]
    row.refresh_from_db()
    assert row.matched == 0
    assert not ContactList.objects.get(name="of r").memberships.exists()


def test_the_command(account: Account) -> None:
    make_list("vip", [])
    create_label(name="price")
    command = ("reply_rules", "create", "价格", "--word", "多少钱", "--label", "price")
    made = manage(*command, "--answer", "{{ name }}，100 元", "--add-to", "vip", "--json")
    assert (made.status, made.json["on"], made.json["words"]) == (0, False, ["多少钱"])
    arrives(account, "多少钱", sender=FRIEND)
    tried = manage("reply_rules", "dry-run", "价格", "--json").json
    assert (tried["looked_at"], tried["matched"], tried["items"][0]["text"]) == (1, 1, "多少钱")
    assert manage("reply_rules", "on", "价格", "--json").json["on"] is True
    arrives(account, "多少钱", sender=FRIEND)
    (listed,) = manage("reply_rules", "list", "--json").json["items"]
    assert (listed["matched"], listed["labelled"], listed["added"]) == (1, 1, 1)
    assert "价格" in manage("reply_rules", "list").out
    assert manage("reply_rules", "off", "价格", "--json").json["on"] is False
    for arguments, code in (
        (("create", "idle"), "rule_does_nothing"),
        (("create", "价格", "--suppress"), "name_taken"),
        (("create", "x", "--answer", "hi", "--answers-a-day", 99), "rule_malformed"),
        (("create", "x", "--list", "none", "--suppress"), "list_unknown"),
        (("on", "nothing"), "rule_unknown"),
    ):
        refused = manage("reply_rules", *arguments, "--json")
        assert (refused.status, refused.json["error"]) == (1, code)
    assert manage("reply_rules", "delete", "价格", "--json").json["deleted"] is True


def test_named_rules_go_first_in_the_order_given(account: Account) -> None:
    for name in ("a", "b", "c", "d"):
        create_rule(name=name, suppresses=True)
    listed = manage("reply_rules", "order", "d", "b", "--json").json["items"]
    assert [(one["name"], one["position"]) for one in listed] == [
        ("d", 1), ("b", 2), ("a", 3), ("c", 4),
    ]  # fmt: skip
    last = ReplyRule.objects.get(name="c")
    changes = last.history.count()
    assert manage("reply_rules", "order", "d", "a", "--json").status == 0
    assert last.history.count() == changes  # it stayed where it was
    refused = manage("reply_rules", "order", "nothing", "--json")
    assert (refused.status, refused.json["error"]) == (1, "rule_unknown")


def test_what_a_rule_needs_is_not_deleted(account: Account) -> None:
    members = make_list("members", [])
    row = rule(lists=[members], suppresses=True)
    with pytest.raises(Refusal, match="Rules for messages need it: “r”"):
        delete_row(row=members)
    assert switch_rule(rule=row, is_on=False)
    delete_row(row=row)
    delete_row(row=members)
