"""The console's pages of rules for messages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from contacts.models import Segment
from conversations.models import ReplyRule
from conversations.rules.save import create_rule
from labels.labelling import create_label
from tests.campaigns.factories import make_account, make_inbound

ADD = reverse("admin:conversations_replyrule_add")
LIST = reverse("admin:conversations_replyrule_changelist")


@pytest.fixture
def account(db: None) -> Account:
    return make_account(20_001)


def given(**values: Any) -> dict[str, Any]:
    return {"name": "价格", "position": 0, "match": "contains", "answers_a_day": 1, **values}


def test_a_rule_is_made_and_its_page_tries_it(operator: Client, account: Account) -> None:
    make_inbound(account, 100_001, text="多少钱？")
    make_inbound(account, 100_002, text="谢谢")
    label = create_label(name="询价")
    posted = given(words="多少钱", labels=[label.pk], answer="{{ name }}，100 元", is_on="on")
    assert operator.post(ADD, posted).status_code == 302
    rule = ReplyRule.objects.get()
    assert (rule.is_on, list(rule.labels.all())) == (True, [label])
    page = operator.get(reverse("admin:conversations_replyrule_change", args=[rule.pk]))
    assert page.context["trial"].matched == 1
    assert "多少钱？" in page.content.decode()
    assert "谢谢" not in page.content.decode()
    make_inbound(account, 100_001, text="多少钱呢")
    listed = operator.get(LIST).content.decode()
    assert "询价 · answers" in listed
    assert ReplyRule.objects.get().matched == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, None),
        ({"answer": "{{ nmae"}, "answer"),
        ({"answer": "hi", "answers_a_day": 99}, "answers_a_day"),
        ({"name": "", "suppresses": "on"}, "name"),
    ],
)
def test_what_cannot_be_a_rule(
    operator: Client, account: Account, values: dict[str, Any], field: str | None
) -> None:
    answer = operator.post(ADD, given(**values))
    assert (field or "__all__") in answer.context["adminform"].form.errors
    assert not ReplyRule.objects.exists()


def test_an_operator_without_the_inbox_gets_no_conversations(
    operator: Client, account: Account
) -> None:
    nobody = User.objects.create_user("nobody", is_staff=True)
    answer = operator.post(ADD, given(assignee=nobody.pk))
    assert "assignee" in answer.context["adminform"].form.errors


def test_a_segment_that_cannot_be_evaluated_is_said(operator: Client, account: Account) -> None:
    make_inbound(account, 100_001)
    segment = Segment.objects.create(name="s", conditions={"kind": "nonsense"})
    rule = create_rule(name="r", segment=segment, suppresses=True)
    page = operator.get(reverse("admin:conversations_replyrule_change", args=[rule.pk]))
    assert "“s” cannot be evaluated" in page.context["trial_problem"]
