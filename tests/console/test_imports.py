"""The pages of an import: from a file saved by Excel to a list, and the undo."""

from __future__ import annotations

import socket

import pytest
from celery import current_app
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contacts.imports.run import run_import
from contacts.imports.undo import undo_import
from contacts.models import Contact, ContactImport, ContactList
from contacts.states import ImportState

UPLOAD = "admin:contacts_contactimport_upload"
TEXT = "QQ号,姓名,城市\n20000001,张伟,北京\n1.23457E+09,李娜,上海\n20000003,王芳,广州\n"


def _upload(
    client: Client, content: bytes = TEXT.encode("gb18030"), **values: str
) -> ContactImport:
    form = {"new_list": "老客户", "policy": "overwrite", **values}
    file = SimpleUploadedFile("客户.csv", content)
    answer = client.post(reverse(UPLOAD), {**form, "file": file})
    found = ContactImport.objects.latest("pk")
    assert answer["Location"] == reverse("admin:contacts_contactimport_check", args=[found.pk])
    return found


def _check(found: ContactImport) -> str:
    return reverse("admin:contacts_contactimport_check", args=[found.pk])


def _page(found: ContactImport, name: str = "page", *args: str) -> str:
    return reverse(f"admin:contacts_contactimport_{name}", args=[found.pk, *args])


MAPPING = {"meaning-0": "uin", "meaning-1": "name", "meaning-2": "attribute", "attribute-2": "city"}


def test_from_the_upload_to_the_list_and_back(operator: Client, redis_server: str) -> None:
    found = _upload(operator)
    page = operator.get(_check(found)).content.decode()
    assert "张伟" in page
    assert "gb18030" in page
    assert "would be rejected" in page
    answer = operator.post(_check(found), {**MAPPING, "verb": "go"})
    assert answer["Location"] == _page(found)
    assert "waiting for a worker" in operator.get(_page(found)).content.decode()

    assert run_import(import_id=found.pk)
    assert Contact.objects.get(uin=20000001).attributes == {"city": "北京"}
    assert ContactList.objects.get().contacts.count() == 2
    page = operator.get(_page(found)).content.decode()
    assert "Rejected rows" in page
    rejects = b"".join(operator.get(_page(found, "rejects"))).decode("utf-8-sig")
    assert "李娜" in rejects
    assert operator.get(_page(found, "live")).status_code == 286

    assert (
        "the values it changed are restored"
        in operator.get(_page(found, "do", "undo")).content.decode()
    )
    operator.post(_page(found, "do", "undo"))
    assert undo_import(import_id=found.pk)
    assert not Contact.objects.exists()


def test_with_redis_away_the_import_is_kept_for_the_tick(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"redis://127.0.0.1:{taken.getsockname()[1]}/0"
    monkeypatch.setitem(current_app.conf.changes, "broker_write_url", nobody)
    monkeypatch.setitem(current_app.conf.changes, "broker_transport_options", {"max_retries": 0})
    found = _upload(operator)
    answer = operator.post(_check(found), {**MAPPING, "verb": "go"})
    assert answer["Location"] == _page(found)
    assert list(ContactImport.objects.abandoned()) == [found]


def test_the_mapping_is_corrected(operator: Client) -> None:
    found = _upload(operator)
    operator.post(_check(found), {**MAPPING, "meaning-1": "out", "verb": "mapping"})
    found.refresh_from_db()
    assert found.mapping == ["uin", "", "attribute:city"]
    assert found.state == ImportState.UPLOADED


def test_a_mapping_without_a_number_is_refused(operator: Client) -> None:
    found = _upload(operator)
    answer = operator.post(_check(found), {**MAPPING, "meaning-0": "out", "verb": "go"})
    assert [str(message) for message in get_messages(answer.wsgi_request)]
    found.refresh_from_db()
    assert found.state == ImportState.UPLOADED


def test_the_file_is_read_differently(operator: Client) -> None:
    found = _upload(operator)
    operator.post(_check(found), {"verb": "layout", "encoding": "big5", "header_line": "1"})
    found.refresh_from_db()
    assert found.encoding == "big5"
    assert operator.get(_check(found)).status_code == 200


def test_a_file_is_thrown_away(operator: Client) -> None:
    found = _upload(operator)
    operator.post(_check(found), {"verb": "discard"})
    assert not ContactImport.objects.exists()


def test_a_new_list_without_a_name_is_named_after_the_file(operator: Client) -> None:
    ContactList.objects.create(name="客户 2")
    for _number in range(3):
        _upload(operator, new_list="")
    names = set(ContactList.objects.values_list("name", flat=True))
    assert names == {"客户", "客户 2", "客户 3", "客户 4"}
    file = SimpleUploadedFile("\u200b .csv", TEXT.encode())
    answer = operator.post(reverse(UPLOAD), {"policy": "skip", "file": file})
    assert "name a new one here" in str(answer.context["form"].errors["new_list"])


@pytest.mark.parametrize(
    ("content", "form", "sentence"),
    [
        (b"", {"new_list": "x"}, "The file is empty"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, {"new_list": "x"}, "<li"),
    ],
)
def test_what_cannot_be_taken_in_gets_its_sentence(
    content: bytes, form: dict[str, str], sentence: str, operator: Client
) -> None:
    file = SimpleUploadedFile("x.csv", content)
    answer = operator.post(reverse(UPLOAD), {"policy": "skip", "file": file, **form})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert sentence in answer.content.decode()
    assert not ContactImport.objects.exists()
    assert not ContactList.objects.exists()


def test_an_import_leads_to_a_campaign_for_its_list(operator: Client) -> None:
    found = ContactList.objects.create(name="people")
    done = ContactImport.objects.create(
        file_name="people.csv", state=ImportState.DONE, contact_list=found
    )
    address = f"/campaigns/campaign/new/?list={found.pk}"
    shown = operator.get(f"/contacts/contactimport/{done.pk}/page/").content.decode()
    assert f'href="{address}"' in shown
    first = operator.get(address).content.decode()
    assert f'<option value="{found.pk}" selected' in first
    for other in ("x", "9" * 30, str(found.pk + 1)):
        assert operator.get("/campaigns/campaign/new/", {"list": other}).status_code == 200


def test_a_click_on_a_line_makes_it_the_header(operator: Client) -> None:
    found = _upload(operator, f"客户名单,,\n{TEXT}".encode("gb18030"))
    page = operator.get(_check(found)).content.decode()
    assert 'name="header_at" value="' in page
    operator.post(_check(found), {"header_line": "1", "header_at": "2", "delimiter": ","})
    found.refresh_from_db()
    assert (found.header_line, found.columns) == (2, ["QQ号", "姓名", "城市"])
