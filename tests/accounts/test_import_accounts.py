"""Importing accounts: values in the file are stored, and no password is shown or stored."""

from __future__ import annotations

import hashlib
import json
import logging
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.imports.import_accounts import import_accounts
from accounts.models import Account, Egress, Lease
from accounts.states import StateReason
from accounts.transitions import disable_account, quarantine_account
from foundation.refusals import Refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
SECRET = "Passw0rt-Geheim"
HEADER = "uin,password,name,min_interval,per_minute,per_hour,per_day,egress,status\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    settings.QQCAMPAIGN_HOME = tmp_path / "home"
    return tmp_path / "home"


def run(folder: Path, text: str | bytes, *arguments: str, status: int = 0) -> dict[str, Any]:
    """Run the command with --json on a file, check its exit status, and return its answer."""
    path = folder / "accounts.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    out, code = StringIO(), 0
    try:
        call_command("import_accounts", str(path), *arguments, "--json", stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == status
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def _digest(password: str) -> str:
    return hashlib.md5(password.encode()).hexdigest()


def test_an_uncertain_encoding_is_refused_and_can_be_given(tmp_path: Path) -> None:
    text = "QQ,密碼,名稱\n10001,x,張文華\n10002,y,陳國豪\n".encode("big5")
    answer = run(tmp_path, text, status=1)
    assert answer["error"] == "encoding_uncertain"
    assert "--encoding" in answer["sentence"]
    assert not Account.objects.exists()
    run(tmp_path, text, "--encoding", "big5")
    assert Account.objects.get(uin=10001).name == "張文華"


def test_the_header_is_found_below_a_title_and_can_be_given(tmp_path: Path) -> None:
    text = f"部门：,销售部,2026-05-01\nQQ号,密码,名称\n10001,{SECRET},Bot\n"
    assert run(tmp_path, text)["created"] == 1
    answer = run(tmp_path, text, "--header-row", "2", "--delimiter", ",")
    assert answer["unchanged"] == 1
    assert answer["sheet"] is None


def test_every_column_is_imported(tmp_path: Path) -> None:
    answer = run(
        tmp_path, HEADER + f"10001,{SECRET},Bot,1.5,10,100,1000,west,busy\n10002,x,,,,,,,\n"
    )
    assert (answer["created"], answer["rows"], answer["rejected"]) == (2, 2, 0)
    first, second = Account.objects.order_by("uin")
    assert first.credential == _digest(SECRET)
    assert (first.name, first.min_interval, first.per_minute) == ("Bot", 1.5, 10)
    assert (first.per_hour, first.per_day, first.presence, first.state) == (100, 1000, 30, "new")
    assert first.egress == Egress.objects.get(name="west")
    assert (second.min_interval, second.per_day, second.presence, second.egress) == (
        1,
        None,
        10,
        None,
    )
    assert first.events.count() == first.history.count() == 1
    for lease in Lease.objects.all():
        assert 1_700_000_000 < lease.last_seq < 2**31


def test_a_password_of_32_hex_digits_is_a_password(tmp_path: Path) -> None:
    run(tmp_path, f"uin,password\n10001,{'0' * 32}\n")
    assert Account.objects.get().credential == _digest("0" * 32)


def test_a_chinese_file_saved_by_excel_is_read(tmp_path: Path) -> None:
    run(tmp_path, "QQ号,密码,昵称,状态\n10001,口令,小明,隐身\n".encode("gbk"))
    account = Account.objects.get()
    assert (account.name, account.presence) == ("小明", 40)
    assert account.credential == _digest("口令")


def test_importing_again_changes_only_the_values_in_the_file(tmp_path: Path) -> None:
    run(tmp_path, HEADER + f"10001,{SECRET},Bot,1.5,10,,,,\n10002,x,Two,,,,,,\n")
    seq = Lease.objects.get(account__uin=10001).last_seq
    answer = run(tmp_path, "uin,per_minute,name\n10001,20,\n10002,,Two\n", "--egress", "main")
    assert (answer["created"], answer["updated"], answer["unchanged"]) == (0, 2, 0)
    account = Account.objects.get(uin=10001)
    assert (account.per_minute, account.name, account.min_interval) == (20, "Bot", 1.5)
    assert account.egress is not None
    assert (account.egress.name, account.credential) == ("main", _digest(SECRET))
    assert account.lease.last_seq == seq
    assert account.history.count() == 2
    assert run(tmp_path, "uin,per_minute\n10001,20\n", "--egress", "main")["unchanged"] == 1
    run(tmp_path, "uin,password\n10001,new\n")
    assert Account.objects.get(uin=10001).credential == _digest("new")


@pytest.mark.parametrize(
    ("reason", "password", "state"),
    [
        (StateReason.LOGIN_REFUSED, "right", "new"),
        (StateReason.CREDENTIAL_UNREADABLE, "right", "new"),
        (StateReason.LOGIN_REFUSED, "wrong", "quarantined"),  # the one that was refused
        (StateReason.LOGIN_REFUSED, "", "quarantined"),
        (StateReason.ILLEGAL_UIN, "right", "quarantined"),
        (StateReason.CODES_GONE_WRONG, "right", "quarantined"),
    ],
)
def test_a_new_password_ends_the_quarantine_of_a_refused_login(
    tmp_path: Path, reason: StateReason, password: str, state: str
) -> None:
    run(tmp_path, "uin,password,name\n10001,wrong,old\n10002,x,\n")
    account, other = Account.objects.order_by("uin")
    for one in (account, other):
        quarantine_account(account=one, reason=reason, detail="The password is wrong.")
    Lease.objects.update(login_failures=3, login_not_before=timezone.now(), last_seq=77)
    run(tmp_path, f"uin,password,name\n10001,{password},new\n")
    account.refresh_from_db()
    assert (account.state, account.name) == (state, "new")
    assert Account.objects.get(uin=10002).state == "quarantined"
    lease = Lease.objects.get(account=account)
    assert lease.last_seq == 77
    if state == "new":
        assert (account.state_reason, account.state_detail) == (StateReason.BY_OPERATOR, "")
        assert "password was replaced" in account.events.latest("pk").detail
        assert (lease.login_failures, lease.login_not_before) == (0, None)
    else:
        assert account.state_detail == "The password is wrong."
        assert lease.login_failures == 3


def test_a_new_password_does_not_enable_a_disabled_account(tmp_path: Path) -> None:
    run(tmp_path, "uin,password\n10001,x\n")
    disable_account(account=Account.objects.get())
    run(tmp_path, "uin,password\n10001,y\n")
    assert Account.objects.get().state == "disabled"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("9999,p,,,,,,,", "out of range (10000 to 4294967295)"),
        ("abc,p,,,,,,,", "not a number"),
        ("10005,,,,,,,,", "blank: a new account needs its password"),
        ("10005,p,,-1,,,,,", "out of range (0 to 86400 seconds)"),
        ("10005,p,,nan,,,,,", "out of range (0 to 86400 seconds)"),
        ("10005,p,,x,,,,,", "not a number of seconds"),
        ("10005,p,,,0,,,,", "not a whole number above zero"),
        ("10005,p,,,1.5,,,,", "not a whole number above zero"),
        ("10005,p,,,,,,,asleep", "not a status: write online, busy or invisible"),
        (f"10005,p,{'n' * 129},,,,,,", "too long: 129 characters, at most 128"),
        ("10005,p,,,,,,,,x", "too many columns (a comma in a password needs quotes)"),
        ("10001,p,,,,,,,", "duplicate of line 2"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason(tmp_path: Path, row: str, reason: str) -> None:
    answer = run(tmp_path, HEADER + "10001,good,,,,,,,\n" + row + "\n")
    assert (answer["created"], answer["rejected"]) == (1, 1)
    assert answer["errors"] == [{**answer["errors"][0], "line": 3, "reason": reason}]
    assert reason in Path(answer["rejects_file"]).read_text("utf-8-sig").replace('"', "")


def test_the_password_is_only_in_its_encrypted_column(
    tmp_path: Path, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rows = [
        f"10001,{SECRET},,,,,,,",
        f"1,{SECRET},,,,,,,",
        f"10003,{SECRET},{SECRET},{SECRET},,,,,,,",
        f"{SECRET},10004,,x,,",
        f"{SECRET},10006,,,,,,,",
        f'10005,"{SECRET}',
    ]
    answer = run(tmp_path, HEADER + "\n".join(rows) + "\n")
    assert answer["rejected"] == 5
    seen = [json.dumps(answer), caplog.text]
    seen += [file.read_text("utf-8-sig") for file in home.rglob("*") if file.is_file()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            seen.append(repr(cursor.fetchall()))
    for text in seen:
        assert SECRET not in text
        assert _digest(SECRET) not in text


def test_nothing_is_written_if_the_import_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Lease.objects, "bulk_create", fail)
    path = tmp_path / "a.csv"
    path.write_text("uin,password\n10001,x\n")
    with pytest.raises(RuntimeError):
        import_accounts(path=path)
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("name,password\na,b\n", "no_uin_column", "name, password"),
        (f"10001,{SECRET}\n", "no_uin_column", "no header"),
        ("", "empty", "empty"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused(
    tmp_path: Path, text: str, code: str, told: str
) -> None:
    answer = run(tmp_path, text, status=1)
    assert answer["error"] == code
    assert told in answer["sentence"]
    assert SECRET not in answer["sentence"]


def test_a_file_of_bad_rows_only_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path, "uin,password\n1,x\n", status=1)["error"] == "nothing_imported"


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(Refusal):
        import_accounts(path=Path("/nonexistent/accounts.csv"))
