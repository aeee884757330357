"""Imports of small tables: the differences, the refusals, and what is written."""

from __future__ import annotations

import csv
import io
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyCase
from openpyxl import Workbook

from accounts.models import Account, Egress
from accounts.resources import AccountResource
from accounts.states import AccountState, StateReason
from campaigns.models import MessageTemplate
from campaigns.reports.export_resources import MessageTemplateResource
from contacts.models import ContactList, Segment, Suppression
from contacts.resources import ContactListResource, SegmentResource, SuppressionResource
from foundation.names import clean_name, has_visible_character, name_key
from foundation.refusals import Refusal
from sending.models import ResultPolicy
from sending.resources import ResultPolicyResource
from tabular.exports import stream_csv, write_xlsx
from tabular.table_import.plan import ImportPlan, plan_import, write_import
from tabular.table_import.resource import TableResource

pytestmark = pytest.mark.django_db

TABLES = [
    "accounts_account",
    "campaigns_messagetemplate",
    "contacts_contactlist",
    "contacts_segment",
    "contacts_suppression",
    "sending_resultpolicy",
]


def planned(
    resource: type[TableResource], text: str | bytes, folder: Path, **about: Any
) -> ImportPlan:
    """Return the plan of a file with this content."""
    path = folder / "table.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return plan_import(resource=resource(), path=path, name="table.csv", **about)


def problems(plan: ImportPlan) -> list[tuple[int, str, str]]:
    """Return line, column and sentence of each error."""
    return [(row.line, column, str(said)) for row in plan.outcomes for column, said in row.problems]


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


def make_account(uin: int, **values: Any) -> Account:
    """Create an account."""
    return Account.objects.create(
        uin=uin, credential="d" * 32, state_reason=StateReason.IMPORTED, **values
    )


# --- export, import, export ----------------------------------------------------------------------


def exported(resource: type[TableResource], *, without: str = "created_at") -> list[list[str]]:
    rows = resource().get_queryset().order_by("pk")
    data = b"".join(stream_csv(resource(), rows)).decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(data, newline="")))
    skipped = table[0].index(without) if without in table[0] else len(table[0])
    return sorted(row[:skipped] + row[skipped + 1 :] for row in table[1:])


def _texts(most: int) -> st.SearchStrategy[str]:
    """Return texts of which not many characters are control characters: see the test below."""
    return st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=most
    ).filter(lambda text: sum(char < "\t" or "\r" < char < " " for char in text) < 5)


def _is_name(text: str) -> bool:
    try:
        return bool(has_visible_character(text) and clean_name(text))
    except Refusal:
        return False


_NAMES = st.lists(
    _texts(20).filter(_is_name).map(clean_name), min_size=1, max_size=4, unique_by=name_key
)


class Identical(PropertyCase):
    """What an export writes, an import reads: in place, and into an empty table."""

    def _check(self, resource: type[TableResource], *, is_emptied: bool = True) -> None:
        folder = Path(settings.QQCAMPAIGN_HOME)
        rows = resource().get_queryset()
        before = exported(resource)
        for kind in ("csv", "xlsx"):
            path = folder / f"table.{kind}"
            with path.open("wb") as out:
                if kind == "csv":
                    out.writelines(stream_csv(resource(), rows.order_by("pk")))
                else:
                    write_xlsx(resource(), rows.order_by("pk"), out)
            plan = plan_import(resource=resource(), path=path, name=path.name)
            if kind == "xlsx" and not plan.counts["wrong"] and plan.counts["changed"]:
                continue  # characters that XLSX cannot hold
            assert plan.counts["unchanged"] == len(before), (kind, problems(plan), plan.outcomes)
        if is_emptied:
            rows.delete()
            csv_plan = plan_import(resource=resource(), path=folder / "table.csv", name="table.csv")
            write_import(plan=csv_plan)
            assert exported(resource) == before

    @hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(_NAMES, _texts(40))
    def test_lists(self, names: list[str], description: str) -> None:
        for name in names:
            ContactList.objects.create(name=name, description=description)
        self._check(ContactListResource)

    def test_a_text_of_control_characters_is_refused_as_a_binary_file(self) -> None:
        ContactList.objects.create(name="甲", description="\x1f" * 40)
        path = Path(settings.QQCAMPAIGN_HOME) / "table.csv"
        with path.open("wb") as out:
            out.writelines(stream_csv(ContactListResource(), ContactList.objects.all()))
        with pytest.raises(Refusal, match="not a table"):
            plan_import(resource=ContactListResource(), path=path, name=path.name)

    def test_outer_blanks_are_kept(self) -> None:
        ContactList.objects.create(name="甲", description=" ")
        ContactList.objects.create(name="乙", description="  two before, one after ")
        self._check(ContactListResource)

    @hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(_NAMES, st.text("{} a\r\n'=+@ ，é", min_size=1, max_size=20))
    def test_templates(self, names: list[str], text: str) -> None:
        for name in names:
            MessageTemplate.objects.create(name=name, text=text.replace("{", "(").strip() + "x")
        self._check(MessageTemplateResource)

    @hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(_NAMES, _texts(20), st.lists(_texts(10), min_size=1, max_size=3))
    def test_segments(self, names: list[str], attribute: str, values: list[str]) -> None:
        # Conditions are stored in their normal form: each value once, none of them blank.
        named = list(dict.fromkeys(value for value in values if value)) or ["x"]
        value = {"kind": "attribute", "name": attribute or "a", "is": "one_of", "value": named}
        for name in names:
            Segment.objects.create(name=name, conditions={"all": [value]})
        self._check(SegmentResource)

    @hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sets(st.integers(10_000, 4_294_967_295), min_size=1, max_size=5),
        _texts(30),
        st.booleans(),
    )
    def test_suppressions(self, uins: set[int], source: str, is_listed: bool) -> None:
        members = ContactList.objects.create(name="会员") if is_listed else None
        for uin in uins:
            Suppression.objects.create(uin=uin, source=source, contact_list=members)
        self._check(SuppressionResource)

    @hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.floats(0, 86_400, allow_nan=False),
        st.none() | st.integers(1, 2_147_483_647),
        st.sampled_from([10, 30, 40]),
    )
    def test_accounts(self, gap: float, limit: int | None, presence: int) -> None:
        egress = Egress.objects.create(name="甲")
        make_account(10_001, min_interval=gap, per_day=limit, presence=presence, egress=egress)
        make_account(10_002, name="客服")
        self._check(AccountResource, is_emptied=False)

    def test_policies(self) -> None:
        assert ResultPolicy.objects.count() > 5
        self._check(ResultPolicyResource)


# --- the pages -----------------------------------------------------------------------------------


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
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.object_id) == ("表.csv", None)
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
