"""Contacts that are exported, imported and exported again are the same."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from contacts.models import Contact, ContactList
from contacts.people.attributes import record_attribute_names
from contacts.resources import ContactResource
from tabular import open_table
from tabular.exports import stream_csv, write_xlsx
from tests.contacts.test_import_contacts import run

pytestmark = pytest.mark.django_db(transaction=True)

VALUES = [
    "=1+1",
    "'=1+1",
    "''=1+1",
    "'quoted",
    "'",
    "-5",
    "'-5",
    "+86 138",
    "@here",
    "|x",
    "＝全角",
    '"小"明',
    'a "b"',
    "Zhang, San",
    "two\nlines",
    "0012",
    "1E5",
    "80%",
    "_x000D_",
    "_x005F_x000D_",
    "=",
    "=HYPERLINK(1)",
    "😀",
]
TITLES = ["城市", "2025", "=title", "昵称", "QQ", "行", "理由", "号码", "line", "reason"]


def _make_people() -> None:
    for number, value in enumerate(VALUES):
        attributes = {TITLES[number % len(TITLES)]: value, "all": value}
        Contact.objects.create(uin=100_000 + number, name=value, attributes=attributes)
    everybody = dict.fromkeys(TITLES, "x")
    Contact.objects.create(uin=200_000, name="x", attributes=everybody)
    everywhere = ContactList.objects.create(name="a")
    record_attribute_names(contact_list=everywhere, names=[*TITLES, "all"])


def _exported(path: Path) -> list[list[str]]:
    resource, people = ContactResource(), Contact.objects.order_by("uin")
    if path.suffix == ".csv":
        path.write_bytes(b"".join(stream_csv(resource, people)))
    else:
        out = BytesIO()
        write_xlsx(resource, people, out)
        path.write_bytes(out.getvalue())
    rows = [cells for _line, cells, _problem in open_table(path).rows()]
    return [[*cells[:2], *cells[3:]] for cells in rows]  # without created_at


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_export_import_export_is_the_same(tmp_path: Path, ending: str) -> None:
    _make_people()
    people = list(Contact.objects.order_by("uin").values_list("uin", "name", "attributes"))
    first = _exported(tmp_path / f"first{ending}")
    Contact.objects.all().delete()
    answer = run(tmp_path / f"first{ending}", "--list", "a")
    assert answer["rejected"] == 0
    again = list(Contact.objects.order_by("uin").values_list("uin", "name", "attributes"))
    assert again == people
    assert _exported(tmp_path / f"second{ending}") == first
