"""Import of real-world files: settings are detected, and doubtful ones are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contacts.imports.run import run_import
from contacts.models import Contact, ContactImport
from contacts.states import ImportState
from tests.console.test_imports import UPLOAD, _check, _page

CASES = Path(__file__).resolve().parents[1] / "tabular" / "cases"


def _upload(client: Client, name: str) -> ContactImport:
    file = SimpleUploadedFile(name, (CASES / name).read_bytes())
    client.post(reverse(UPLOAD), {"new_list": "a", "policy": "overwrite", "file": file})
    return ContactImport.objects.latest("pk")


def _as_proposed(found: ContactImport) -> dict[str, str]:
    """Return the values of the page's form."""
    form: dict[str, str] = {}
    for number, meaning in enumerate(found.mapping):
        kind, _colon, name = meaning.partition(":")
        form |= {f"meaning-{number}": kind or "out", f"attribute-{number}": name}
    return form


def test_a_workbook_of_wps_gets_into_the_list_as_it_is(operator: Client, redis_server: str) -> None:
    found = _upload(operator, "wps_two_header_rows.xls")
    page = operator.get(_check(found)).content.decode()
    assert '<option value="会员名单" selected>会员名单</option>' in page
    assert "旧数据 (hidden)" in page
    assert (found.header_line, found.mapping[:2]) == (3, ["name", "uin"])
    operator.post(_check(found), {**_as_proposed(found), "verb": "go"})
    assert run_import(import_id=found.pk)
    people = Contact.objects.order_by("uin").values_list("uin", "name")
    assert list(people) == [(423456, "王五"), (12345678, "张三"), (12345681, "李四")]
    assert "Sheet 会员名单, header in line 3" in operator.get(_page(found)).content.decode()


def test_an_encoding_in_doubt_is_asked_about_and_chosen(
    operator: Client, redis_server: str
) -> None:
    found = _upload(operator, "big5.csv")
    page = operator.get(_check(found)).content.decode()
    assert "Which of these shows the text correctly?" in page
    assert "張三" in page
    assert 'value="go"' not in page
    operator.post(_check(found), {**_as_proposed(found), "verb": "go"})
    found.refresh_from_db()
    assert found.state == ImportState.UPLOADED, "nothing is loaded before it is chosen"
    operator.post(_check(found), {"read_as": "big5", "header_line": "1", "delimiter": ","})
    found.refresh_from_db()
    assert (found.encoding, found.doubts) == ("big5", [])
    assert (
        "Which of these shows the text correctly?"
        not in operator.get(_check(found)).content.decode()
    )
    operator.post(_check(found), {**_as_proposed(found), "verb": "go"})
    assert run_import(import_id=found.pk)
    assert Contact.objects.get(uin=100001).name == "張三"


def test_what_does_not_decode_is_shown_as_that(operator: Client) -> None:
    found = _upload(operator, "mixed.csv")
    page = operator.get(_check(found)).content.decode()
    assert "\ufffd" in page
    assert "cannot be decoded at byte" in page


def test_numbers_out_of_mail_addresses_are_said_before(operator: Client) -> None:
    page = operator.get(_check(_upload(operator, "mail_only.xls"))).content.decode()
    assert "QQ mail addresses in place of numbers: 4." in page


def test_another_sheet_is_chosen_and_its_header_found(operator: Client) -> None:
    found = _upload(operator, "wps_two_header_rows.xls")
    operator.post(_check(found), {"verb": "layout", "sheet": "旧数据", "header_line": "3"})
    found.refresh_from_db()
    assert (found.sheet, found.header_line, found.columns) == ("旧数据", 1, ["QQ"])


@pytest.mark.parametrize("name", ["ole_loop.xls", "ole_torn_directory.xls", "html.xls"])
def test_a_file_that_cannot_be_read_leaves_nothing(operator: Client, name: str) -> None:
    file = SimpleUploadedFile(name, (CASES / name).read_bytes())
    form = {"new_list": "a", "policy": "overwrite", "file": file}
    answer = operator.post(reverse(UPLOAD), form)
    assert answer.context["form"].errors["file"]
    assert not ContactImport.objects.exists()
