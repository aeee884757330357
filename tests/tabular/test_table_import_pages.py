"""The pages that import a small table: upload, preview, confirmation, permissions."""

from __future__ import annotations

import io
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from audit.models import AuditEntry
from contacts.models import ContactList

pytestmark = pytest.mark.django_db


TABLES = [
    "accounts_account",
    "campaigns_messagetemplate",
    "contacts_contactlist",
    "contacts_segment",
    "contacts_suppression",
    "sending_resultpolicy",
]


def upload(client: Client, what: str, text: str, **fields: str) -> Any:
    """Upload a file to the import of a table; return the answer."""
    file = io.BytesIO(text.encode())
    file.name = "表.csv"
    return client.post(reverse(f"admin:{what}_import"), {"file": file, **fields})


def client_of(*permissions: str) -> Client:
    """Return a client that is logged in as a user with these permissions."""
    user = User.objects.create_user("u" + "".join(permissions)[:20], is_staff=True)
    for permission in permissions:
        user.user_permissions.add(Permission.objects.get(codename=permission))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("what", TABLES)
def test_every_table_has_the_button_and_the_page(what: str, admin_client: Client) -> None:
    shown = admin_client.get(reverse(f"admin:{what}_changelist")).content.decode()
    assert "Import a table" in shown
    page = admin_client.get(reverse(f"admin:{what}_import")).content.decode()
    assert "Export the table as it is now" in page
    admin_client.cookies["django_language"] = "zh-hans"
    assert "导入表格" in admin_client.get(reverse(f"admin:{what}_import")).content.decode()


def test_from_the_file_to_the_list_and_the_audit_log(admin_client: Client) -> None:
    shown = upload(admin_client, "contacts_contactlist", "name\n老客户\n")
    assert "Nothing is imported yet" in shown.content.decode()
    ticket = shown.context["ticket"]
    stored = list((Path(settings.QQCAMPAIGN_HOME) / "imports").glob("table-*"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in stored] == [0o600]
    address = reverse("admin:contacts_contactlist_confirm")
    done = admin_client.post(address, {"ticket": ticket}, follow=True).content.decode()
    assert "1 new, 0 changed, 0 unchanged" in done
    again = admin_client.post(address, {"ticket": ticket}, follow=True).content.decode()
    assert "confirmed already" in again
    assert ContactList.objects.count() == 1
    entry = AuditEntry.objects.get(object_name="表.csv")
    assert (entry.object_type, entry.object_id) == ("contacts.contactlist", "")
    assert not list((Path(settings.QQCAMPAIGN_HOME) / "imports").glob("table-*"))


def test_wrong_rows_can_not_be_confirmed(admin_client: Client) -> None:
    shown = upload(admin_client, "contacts_suppression", "uin\nabc\n10001\n")
    page = shown.content.decode()
    assert "not a number: abc" in page
    assert not shown.context["ticket"]
    assert "Import these changes" not in page


def test_what_changed_after_the_preview_is_shown_again(admin_client: Client) -> None:
    row = ContactList.objects.create(name="A", description="old")
    ticket = upload(admin_client, "contacts_contactlist", "name,description\nA,new\n").context[
        "ticket"
    ]
    ContactList.objects.filter(pk=row.pk).update(description="by a colleague")
    address = reverse("admin:contacts_contactlist_confirm")
    shown = admin_client.post(address, {"ticket": ticket})
    assert "in the meantime" in shown.content.decode()
    assert "by a colleague" in shown.content.decode()
    admin_client.post(address, {"ticket": shown.context["ticket"]})
    row.refresh_from_db()
    assert row.description == "new"


@pytest.mark.parametrize(
    "permissions", [("view_contactlist",), ("view_contactlist", "add_contactlist")]
)
def test_who_may_not_add_and_change_has_no_import(permissions: tuple[str, ...]) -> None:
    client = client_of(*permissions)
    page = client.get(reverse("admin:contacts_contactlist_changelist")).content.decode()
    assert "Import a table" not in page
    assert client.get(reverse("admin:contacts_contactlist_import")).status_code == 403
    assert client.post(reverse("admin:contacts_contactlist_confirm")).status_code == 403


def test_a_ticket_is_of_its_user_and_table_and_expires(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = upload(admin_client, "contacts_contactlist", "name\nA\n").context["ticket"]
    other = client_of("view_contactlist", "add_contactlist", "change_contactlist")
    other.post(reverse("admin:contacts_contactlist_confirm"), {"ticket": ticket})
    admin_client.post(reverse("admin:contacts_segment_confirm"), {"ticket": ticket})
    admin_client.post(reverse("admin:contacts_contactlist_confirm"), {"ticket": ticket + "x"})
    now = time.time()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + 4_000)
    admin_client.post(reverse("admin:contacts_contactlist_confirm"), {"ticket": ticket})
    assert not ContactList.objects.exists()


def test_a_workbook_and_gbk_are_read(admin_client: Client) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [["名称", "说明"], ["老客户", "一"]]:
        sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    data.name = "lists.xlsx"
    data.seek(0)
    shown = admin_client.post(reverse("admin:contacts_contactlist_import"), {"file": data})
    assert shown.context["plan"].counts["new"] == 1
    text = io.BytesIO("名称,说明\n老客户名单北京,今年的会员\n".encode("gb18030"))
    text.name = "lists.csv"
    fields = {"file": text, "encoding": "gb18030"}
    shown = admin_client.post(reverse("admin:contacts_contactlist_import"), fields)
    assert "老客户名单北京" in shown.content.decode()


def test_old_uploads_are_removed(admin_client: Client) -> None:
    upload(admin_client, "contacts_contactlist", "name\nA\n")
    folder = Path(settings.QQCAMPAIGN_HOME) / "imports"
    for path in folder.glob("table-*"):
        os.utime(path, (time.time() - 4_000,) * 2)
    upload(admin_client, "contacts_contactlist", "name\nB\n")
    assert len(list(folder.glob("table-*"))) == 1
