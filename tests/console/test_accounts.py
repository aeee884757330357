"""The pages of accounts: actions with confirmation and result, and the import."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, AccountTask, Egress, Outage
from accounts.states import AccountState
from qqhttp import password_digest
from tests.console.sample_data import FIRST_ACCOUNT, make_account, make_egress

LIST = "admin:accounts_account_changelist"


def _ask(account: Account, verb: str) -> str:
    return reverse("admin:accounts_account_ask", args=[account.pk, verb])


@pytest.mark.parametrize(
    ("before", "verb", "after"),
    [
        (AccountState.ONLINE, "rest", AccountState.RESTING),
        (AccountState.ONLINE, "disable", AccountState.DISABLED),
        (AccountState.ONLINE, "quarantine", AccountState.QUARANTINED),
        (AccountState.QUARANTINED, "enable", AccountState.NEW),
        (AccountState.DISABLED, "enable", AccountState.NEW),
    ],
)
def test_a_verb_moves_the_account(
    before: AccountState, verb: str, after: AccountState, operator: Client
) -> None:
    account = make_account(FIRST_ACCOUNT, state=before)
    assert operator.get(_ask(account, verb)).status_code == 200
    account.refresh_from_db()
    assert account.state == before
    operator.post(_ask(account, verb))
    account.refresh_from_db()
    assert account.state == after
    assert account.events.latest("pk").by is not None


@pytest.mark.parametrize("kind", ["login", "sync"])
def test_an_account_task_is_asked_for(kind: str, operator: Client) -> None:
    accounts = [make_account(FIRST_ACCOUNT + n) for n in range(3)]
    chosen = [account.pk for account in accounts]
    operator.post(reverse(LIST), {"action": f"act_{kind}", "_selected_action": chosen})
    assert AccountTask.objects.filter(kind=kind, state="open").count() == 3
    page = operator.get(reverse("admin:accounts_account_change", args=[chosen[0]]))
    assert "There is no outcome yet" in page.content.decode()


def test_what_is_dangerous_is_confirmed_for_many(operator: Client) -> None:
    accounts = [make_account(FIRST_ACCOUNT + n) for n in range(3)]
    form = {"action": "act_disable", "_selected_action": [account.pk for account in accounts]}
    answer = operator.post(reverse(LIST), form)
    assert "stops before its next message" in answer.content.decode()
    assert not Account.objects.filter(state=AccountState.DISABLED).exists()
    operator.post(reverse(LIST), {**form, "is_confirmed": "1"})
    assert Account.objects.filter(state=AccountState.DISABLED).count() == 3


def test_refusals_are_told_next_to_what_was_done(operator: Client) -> None:
    good = make_account(FIRST_ACCOUNT)
    bad = make_account(FIRST_ACCOUNT + 1, state=AccountState.QUARANTINED)
    form = {"action": "act_login", "_selected_action": [good.pk, bad.pk]}
    answer = operator.post(reverse(LIST), form)
    said = " ".join(str(message) for message in get_messages(answer.wsgi_request))
    assert "1 account was asked to log in" in said
    assert f"Account {bad.uin} is quarantined" in said


def test_accounts_are_imported_and_no_password_is_shown(operator: Client) -> None:
    make_egress()
    text = "uin,password,name\n10000100,geheim-1,小红\nabc,geheim-2,\n10000102,geheim-3,李雷\n"
    file = SimpleUploadedFile("账号.csv", text.encode("gb18030"))
    answer = operator.post(reverse("admin:accounts_account_upload"), {"file": file})
    page = answer.content.decode()
    assert Account.objects.count() == 2
    assert Account.objects.get(uin=10000102).credential == password_digest("geheim-3")
    assert "geheim" not in page
    rejects = operator.get(
        reverse("admin:accounts_account_rejects", args=[answer.context["rejects"]])
    )
    body = b"".join(rejects).decode("utf-8-sig")
    assert ",3,not a number" in body
    assert "geheim" not in body


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"name\nx\n", "No column holds the UIN"), (b"", "The file is empty")],
)
def test_a_wrong_file_gets_its_sentence(content: bytes, sentence: str, operator: Client) -> None:
    file = SimpleUploadedFile("a.csv", content)
    answer = operator.post(reverse("admin:accounts_account_upload"), {"file": file})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()


@pytest.mark.parametrize("name", ["secret_key", "rejected-accounts-0000"])
def test_nothing_but_rejects_is_sent(name: str, operator: Client) -> None:
    assert operator.get(f"/accounts/account/rejects/{name}/").status_code == 404


def test_the_page_says_what_keeps_the_account_from_working(operator: Client) -> None:
    far = Egress.objects.create(name="far away")
    account = make_account(FIRST_ACCOUNT, egress=make_egress())
    address = reverse("admin:accounts_account_change", args=[account.pk])
    assert "No worker is running" not in operator.get(address).content.decode()
    Account.objects.update(egress=far)
    page = operator.get(address).content.decode()
    assert "No worker is running at its egress far away" in page
    Outage.objects.create(egress=far, began_at=timezone.now(), sentence="Nobody answers there.")
    assert (
        "Nobody answers there. The account continues by itself"
        in operator.get(address).content.decode()
    )


@pytest.mark.parametrize("verb", ["disable", "quarantine"])
def test_stopping_says_what_becomes_of_the_messages(operator: Client, verb: str) -> None:
    account = make_account(FIRST_ACCOUNT)
    one = operator.get(reverse("admin:accounts_account_ask", args=[account.pk, verb]))
    chosen = {"action": f"act_{verb}", "_selected_action": [account.pk]}
    many = operator.post(reverse("admin:accounts_account_changelist"), chosen)
    for answer in (one, many):
        assert "move to other accounts with the same friend" in answer.content.decode()


def test_a_question_about_many_names_some(operator: Client) -> None:
    accounts = [make_account(FIRST_ACCOUNT + number) for number in range(23)]
    chosen = {"action": "act_disable", "_selected_action": [account.pk for account in accounts]}
    page = operator.post(reverse("admin:accounts_account_changelist"), chosen).content.decode()
    assert "and 3 more" in page
