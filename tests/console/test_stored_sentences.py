"""Sentences that workers stored are shown in the reader's language."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from accounts.account_tasks import finish_account_task
from accounts.gateway.outages import begin_outage
from accounts.gateway.sessions import end_sessions_of
from accounts.leases.workers import presume_dead
from accounts.models import Account, AccountEvent, AccountTask, Outage, Worker
from accounts.states import StateReason
from accounts.transitions import quarantine_account
from campaigns.models import Campaign, CampaignRun
from campaigns.run_control.lifecycle import pause_run, resume_run
from contacts.imports.lifecycle import queue_import
from contacts.imports.run import run_import
from contacts.models import ContactList
from foundation.refusals import Refusal
from qqhttp import GatewayClient, LoginRefused, Logout, NeverLeft
from sending.models import RunEvent
from sending.runs.breakers import stop_run
from tests.console.sample_data import FIRST_ACCOUNT, make_world
from tests.contacts.people import imported, uploaded
from texts.rendering import compile_text

EVIL = '<script>alert("%(x)s {y}")</script>'


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make_world()


@pytest.fixture(autouse=True)
def _worker() -> Iterator[None]:
    """Store sentences with English active, as workers do."""
    with translation.override("en"):
        yield


def pages(client: Client, address: str) -> tuple[str, str]:
    """Return the page in English and in Chinese, chosen by the browser's language."""
    found = []
    for language in ("en", "zh-hans"):
        with translation.override("en"):  # a request leaves its language active
            page = client.get(address, headers={"accept-language": language})
        found.append(page.content.decode())
    english, chinese = found
    assert 'lang="zh-hans"' in chinese
    return english, chinese


def unreachable() -> str:
    """Return the client's error for a closed port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with GatewayClient(f"http://127.0.0.1:{port}/") as client, pytest.raises(NeverLeft) as caught:
        client.exchange(Logout(seq=1, uin=10_000))
    return caught.value.sentence


def test_why_an_account_is_quarantined(operator: Client, campaign: Campaign) -> None:
    account = Account.objects.get(uin=FIRST_ACCOUNT)
    refused = LoginRefused(rs=1, reason=f"密码错误 {EVIL}").sentence
    quarantine_account(account=account, reason=StateReason.LOGIN_REFUSED, detail=refused)
    AccountEvent.objects.filter(reason=StateReason.LOGGED_IN, account=account).update(
        detail="An older version wrote <b>this</b>."
    )
    english, chinese = pages(operator, f"/accounts/account/{account.pk}/change/")
    assert english.count("The gateway refuses the login (RS=1): 密码错误 &lt;script&gt;") == 2
    assert chinese.count("网关拒绝登录（RS=1）：密码错误 &lt;script&gt;") == 2
    assert "The gateway refuses" not in chinese
    for page in (english, chinese):
        assert "alert(&quot;%(x)s {y}&quot;)" in page
        assert "<script>alert" not in page
        assert "An older version wrote &lt;b&gt;this&lt;/b&gt;." in page


def test_that_the_gateway_is_away(operator: Client, campaign: Campaign) -> None:
    begin_outage(egress_id=Outage.objects.get().egress_id, sentence=unreachable())
    for address in ("/", "/accounts/outage/", "/accounts/outage/?q=拒绝连接"):
        english, chinese = pages(operator, address)
        assert "The gateway at 127.0.0.1:" in english or "q=" in address
        assert "拒绝连接。请检查其地址" in chinese
        assert "refuses connections" not in chinese


def test_what_came_of_an_account_task_and_how_sessions_and_workers_ended(
    operator: Client, campaign: Campaign
) -> None:
    account = Account.objects.get(uin=FIRST_ACCOUNT)
    AccountTask.objects.filter(account=account).update(state="open")
    failed = AccountTask.objects.get(account=account)
    finish_account_task(account_task_id=failed.pk, is_done=False, outcome=unreachable())
    end_sessions_of(account_id=account.pk, reason="logged in again")
    english, chinese = pages(operator, "/accounts/accounttask/?q=refuses")
    assert "refuses connections" in english
    assert "拒绝连接" in chinese
    assert "20 friends." not in chinese  # other rows do not match
    assert "已重新登录" in pages(operator, "/accounts/session/")[1]
    Worker.objects.update(heartbeat_at=account.created_at - timedelta(days=1))
    assert presume_dead() == 1
    english, chinese = pages(operator, "/accounts/worker/")
    assert "no heartbeat for too long" in english
    assert "长时间没有心跳" in chinese


def test_why_a_run_paused_and_stopped(operator: Client, campaign: Campaign) -> None:
    run = CampaignRun.objects.get()
    with translation.override("zh-hans"):  # a Chinese operator, in the console
        pause_run(run=run, by=User.objects.get())
        resume_run(run=run, by=User.objects.get())
    with pytest.raises(Refusal) as problem:
        compile_text("hi {{ name | upcas }}")
    stop_run(run_id=run.pk, sentence=problem.value.sentence)
    RunEvent.objects.filter(detail="by hand").update(detail="Cancelled by ada.")
    english, chinese = pages(operator, f"/campaigns/campaign/{campaign.pk}/page/")
    assert "Paused by op." in english
    assert "its text can no longer be sent. Line 1" in english
    assert "there is no filter “upcas”. Did you mean “upcase”?" in english
    assert "由 op 暂停。" in chinese
    assert "其正文已无法发送。正文第 1 行" in chinese
    assert "没有过滤器“upcas”" in chinese
    assert "Cancelled by ada." in chinese  # written as plain text, by an older version
    assert "no longer be sent" not in chinese
    for address in ("/", "/campaigns/campaignrun/"):
        assert "其正文已无法发送" in pages(operator, address)[1]


@pytest.mark.django_db(transaction=True)
def test_what_came_of_an_import(operator: Client) -> None:
    done = imported("uin,name\n20000001,张伟\nx<b>,bad\n20000001,again\n")
    english, chinese = pages(operator, f"/contacts/contactimport/{done.pk}/page/")
    assert "not a number: x&lt;b&gt;" in english
    assert "duplicate of line 2" in english
    assert "不是数字：x&lt;b&gt;" in chinese
    assert "与第 2 行重复" in chinese
    gone = uploaded("uin,name\n20000002,李娜\n")
    queue_import(contact_import=gone)
    ContactList.objects.all().delete()
    assert run_import(import_id=gone.pk)
    gone.refresh_from_db()
    assert gone.problem == "The list of this import has been deleted."
    assert "此导入的名单已被删除" in pages(operator, f"/contacts/contactimport/{gone.pk}/page/")[1]


def test_what_an_operator_did(operator: Client, campaign: Campaign) -> None:
    people = ContactList.objects.get()
    client_in_chinese = {"accept-language": "zh-hans"}
    contact = people.contacts.latest("pk")
    address = f"/contacts/contact/{contact.pk}"
    operator.post(f"{address}/ask/suppress/", headers=client_in_chinese)
    english, chinese = pages(operator, f"{address}/history/")
    assert "Suppressed: no campaign writes to this person." in english
    assert "Suppressed:" not in chinese


def test_machines_get_plain_sentences(campaign: Campaign) -> None:
    account = Account.objects.get(uin=FIRST_ACCOUNT)
    refused = LoginRefused(rs=1, reason="no").sentence
    quarantine_account(account=account, reason=StateReason.LOGIN_REFUSED, detail=refused)
    out = StringIO()
    call_command("accounts", "status", str(account.uin), "--json", stdout=out)
    assert '"detail": "The gateway refuses the login (RS=1): no. Check the' in out.getvalue()
