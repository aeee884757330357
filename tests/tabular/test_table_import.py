"""Imports of small tables: the differences, the refusals, and what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.resources import AccountResource
from accounts.states import AccountState
from campaigns.reports.template_table import MessageTemplateResource
from contacts.models import ContactList, Suppression
from contacts.resources import ContactListResource, SegmentResource, SuppressionResource
from foundation.refusals import Refusal
from sending.resources import ResultPolicyResource
from tabular.table_import.plan import write_import
from tabular.table_import.resource import TableResource
from tests.tabular.small_tables import make_account, planned, problems

pytestmark = pytest.mark.django_db


def test_new_changed_and_unchanged_rows(tmp_path: Path) -> None:
    ContactList.objects.create(name="VIP", description="old")
    ContactList.objects.create(name="会员")
    plan = planned(
        ContactListResource, "名称,说明,created_at\nＶＩＰ,new\n会员,\n 新 客 ,first\n", tmp_path
    )
    assert plan.counts == {"new": 1, "changed": 1, "unchanged": 1, "wrong": 0}
    assert plan.left_out == ["created_at"]
    assert [row.changes for row in plan.outcomes if row.kind == "changed"] == [
        (("说明", "old", "new"),)
    ]
    assert ContactList.objects.count() == 2  # a plan writes nothing
    write_import(plan=plan)
    assert dict(ContactList.objects.values_list("name", "description")) == {
        "VIP": "new",
        "会员": "",
        "新 客": "first",
    }


def test_a_missing_column_keeps_and_an_empty_cell_empties(tmp_path: Path) -> None:
    account = make_account(10_001, per_minute=5, per_hour=7)
    write_import(plan=planned(AccountResource, "uin,per_minute\n10001,\n", tmp_path))
    account.refresh_from_db()
    assert (account.per_minute, account.per_hour) == (None, 7)


@pytest.mark.parametrize(
    ("resource", "text", "expected"),
    [
        (ContactListResource, "name\nA\nａ\n", [(3, "", "duplicate of line 2")]),
        (ContactListResource, "name,description\n\u200b,x\n", [(2, "name", "The name is empty")]),
        (SuppressionResource, "uin,list\n10001,客户\n", [(2, "list", "there is no list 客户")]),
        (SuppressionResource, "uin\n10001²\n", [(2, "uin", "not a number")]),
        (SuppressionResource, "uin\n" + "9" * 5000 + "\n", [(2, "uin", "out of range")]),
        (SuppressionResource, "uin,reason\n10001,因为\n", [(2, "reason", "unknown: 因为")]),
        (MessageTemplateResource, "name,text\nA,{{ name\n", [(2, "text", "")]),
        (MessageTemplateResource, "name\nA\n", [(2, "text", "blank")]),
        (SegmentResource, "name,conditions\nA,[]\n", [(2, "conditions", "not JSON")]),
        (SegmentResource, "name,conditions\nA,{'a'}\n", [(2, "conditions", "not JSON")]),
        (
            SegmentResource,
            'name,conditions\nA,"{""kind"": ""x""}"\n',
            [(2, "", "There is no condition x")],
        ),
        (AccountResource, "uin,name\n10009,x\n", [(2, "uin", "there is no account 10009")]),
        (ResultPolicyResource, "command,code,max_tries\nCLTMSG,3,nan\n", [(2, "max_tries", "")]),
        (
            ResultPolicyResource,
            "command,code,backoff_seconds\nCLTMSG,3,nan\n",
            [(2, "backoff_seconds", "out of range")],
        ),
        (
            ContactListResource,
            'name,description\nA,"x\0y"\n',
            [(2, "", "NUL"), (2, "description", "U+0000")],
        ),
    ],
)
def test_a_wrong_row_is_named_with_line_and_column(
    resource: type[TableResource], text: str, expected: list[Any], tmp_path: Path
) -> None:
    plan = planned(resource, text, tmp_path)
    found = problems(plan)
    assert [row[:2] for row in found] == [row[:2] for row in expected], found
    assert all(
        said.startswith(part) or part in said
        for (*_w, said), (*_, part) in zip(found, expected, strict=True)
    )
    with pytest.raises(Refusal) as refused:
        write_import(plan=plan)
    assert refused.value.code == "rows_wrong"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("description\nx\n", "column_missing"),
        ("name,名称\na,b\n", "column_twice"),
        ("name,description\n", "no_rows"),
        ("", "empty"),
        (b"%PDF-1.4\x00\x01\x02", "not_a_table"),
    ],
)
def test_a_file_of_another_kind_is_refused(text: str | bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        planned(ContactListResource, text, tmp_path)
    assert refused.value.code == code


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"list {n}\n" for n in range(2_001))
    with pytest.raises(Refusal) as refused:
        planned(ContactListResource, "name\n" + rows, tmp_path)
    assert refused.value.code == "too_many_rows"


def test_one_wrong_row_stops_all(tmp_path: Path) -> None:
    plan = planned(SuppressionResource, "uin\n10001\nx\n", tmp_path)
    with pytest.raises(Refusal):
        write_import(plan=plan)
    assert not Suppression.objects.exists()


def test_a_row_changed_meanwhile_is_told(tmp_path: Path) -> None:
    row = ContactList.objects.create(name="A", description="old")
    plan = planned(ContactListResource, "name,description\nA,new\n", tmp_path)
    ContactList.objects.filter(pk=row.pk).update(description="of a colleague")
    with pytest.raises(Refusal) as refused:
        write_import(plan=plan)
    assert refused.value.code == "changed_meanwhile"
    row.refresh_from_db()
    assert row.description == "of a colleague"


def test_no_suppression_is_lifted_and_no_account_leaves_quarantine(tmp_path: Path) -> None:
    Suppression.objects.create(uin=10_001, source="letter")
    write_import(plan=planned(SuppressionResource, "uin\n10002\n", tmp_path))
    assert set(Suppression.objects.values_list("uin", "reason")) == {
        (10_001, "by_hand"),
        (10_002, "imported"),
    }
    account = make_account(10_005, state=AccountState.QUARANTINED)
    text = "uin,name,state,password,credential\n10005,new,online,secret,secret\n"
    write_import(plan=planned(AccountResource, text, tmp_path))
    account.refresh_from_db()
    assert (account.name, account.state) == ("new", AccountState.QUARANTINED)
    assert account.credential == "d" * 32


# --- export, import, export ----------------------------------------------------------------------


# --- the pages -----------------------------------------------------------------------------------
