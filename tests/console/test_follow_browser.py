"""In a real browser: the list of accounts shows what its accounts were asked to do."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Account, AccountTask
from accounts.models.account_task import AccountTaskKind, AccountTaskState
from accounts.states import AccountState
from tests.console.sample_data import make_account, make_operator
from tests.console.test_browser_twin_edits import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database,  # It is about a script.
]


def test_the_list_follows_until_nothing_is_open(
    page: Any, live_server: Any, clean_redis: Any
) -> None:
    make_operator()
    account = make_account(10_001)
    Account.objects.filter(pk=account.pk).update(state=AccountState.NEW)
    AccountTask.objects.create(account=account, kind=AccountTaskKind.SYNC)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/accounts/account/")
    sign_in(page)
    row = page.locator("#result_list tbody tr", has_text=str(account.uin))
    row.locator(".action-select").check()
    page.locator("[data-follow]").wait_for()
    page.evaluate("window.wasHere = true")

    Account.objects.filter(pk=account.pk).update(state=AccountState.ONLINE, friend_count=4321)
    row.filter(has_text="online").filter(has_text="4,321").wait_for()
    assert page.locator("[data-follow]").count() == 1  # it is still at it
    AccountTask.objects.update(state=AccountTaskState.DONE)
    page.locator("[data-follow]").wait_for(state="detached")
    assert row.locator(".action-select").is_checked()
    assert page.evaluate("window.wasHere") is True
    assert problems == []
