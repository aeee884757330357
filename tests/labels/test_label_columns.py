"""Labels in tables: read, imported, exported."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Account
from contacts.models import ContactList
from contacts.resources import ContactListResource
from labels.columns import read_labels
from labels.labelling import create_label
from labels.models import SEPARATORS, Label
from tabular import CellProblem
from tabular.table_import.plan import plan_import, write_import
from tests.campaigns.factories import make_account
from tests.commandline import manage


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("", ""),
        (" ; ,", ""),
        ("vip", "vip"),
        ("b; a,VIP，vip；", "VIP; a; b"),
        ("新客、老客", "新客; 老客"),
    ],
)
def test_cells(cell: str, labels: str) -> None:
    assert read_labels(cell) == labels


def test_a_cell_of_too_many_labels() -> None:
    with pytest.raises(CellProblem, match="more than 20"):
        read_labels(",".join(map(str, range(21))))
    with pytest.raises(CellProblem):
        read_labels("x" * 5_000)


@given(st.text(max_size=60))
def test_what_is_read_is_read_again(cell: str) -> None:
    try:
        once = read_labels(cell)
    except CellProblem:
        return
    assert read_labels(once) == once
    for name in filter(None, once.split("; ")):
        assert not set(name) & set(SEPARATORS)


@pytest.mark.django_db
def test_accounts_are_imported_with_labels(tmp_path: Path) -> None:
    known = make_account(20_001)
    known.labels.add(create_label(name="old"))
    file = tmp_path / "accounts.csv"
    file.write_text("uin,password,labels\n20001,x,VIP; new\n20002,y,vip\n20003,z,\n", "utf-8")
    assert manage("import_accounts", file, "--json").status == 0
    found = {
        account.uin: {label.name for label in account.labels.all()}
        for account in Account.objects.all()
    }
    assert found == {20_001: {"VIP", "new"}, 20_002: {"VIP"}, 20_003: set()}
    again = manage("import_accounts", file, "--json").json
    assert (again["updated"], again["unchanged"]) == (0, 3)
    status = manage("accounts", "status", "--label", "vip", "--json").json
    assert [one["uin"] for one in status] == [20_001, 20_002]
    assert status[0]["labels"] == ["VIP", "new"]
    said = manage("accounts", "status", "--label", "pvi", "--json")
    assert (said.status, said.json["error"]) == (1, "label_unknown")


@pytest.mark.django_db
def test_lists_are_imported_and_exported_with_labels(tmp_path: Path) -> None:
    old = ContactList.objects.create(name="old")
    old.labels.add(create_label(name="x"))
    file = tmp_path / "lists.csv"
    file.write_text("name,labels\nold,y; x\nnew,x\n", "utf-8")
    plan = plan_import(resource=ContactListResource(), path=file, name="lists.csv")
    assert plan.counts == {"new": 1, "changed": 1, "unchanged": 0, "wrong": 0}
    assert plan.outcomes[0].changes == (("labels", "x", "x; y"),)
    assert Label.objects.count() == 1  # a preview creates nothing
    write_import(plan=plan)
    assert {row.name: row.labels.count() for row in ContactList.objects.all()} == {
        "old": 2,
        "new": 1,
    }
    exported = ContactListResource().export(ContactList.objects.order_by("name"))
    assert exported["labels"] == ["x", "x; y"]
    again = plan_import(resource=ContactListResource(), path=file, name="lists.csv")
    assert again.counts["unchanged"] == 2


@pytest.mark.django_db
def test_other_case_and_width_of_a_label_is_no_change(tmp_path: Path) -> None:
    members = ContactList.objects.create(name="members")
    members.labels.add(create_label(name="VIP"), create_label(name="old"))
    file = tmp_path / "lists.csv"
    file.write_text("name,labels\nmembers,old; ｖｉｐ\n", "utf-8")
    plan = plan_import(resource=ContactListResource(), path=file, name=file.name)
    assert [row.kind for row in plan.outcomes] == ["unchanged"]
