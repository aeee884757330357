"""An account's own status: changed while it is logged in; logins and logouts have turns."""

from __future__ import annotations

import pytest

from accounts.account_tasks import request_account_task
from accounts.models import Account, AccountTask, AccountTaskKind, Session
from accounts.show_status import show_status
from accounts.states import AccountState, PresenceStatus
from qqhttp.simulator import GatewaySimulator
from sending.lanes.login_turns import LoginTurns
from tests.sending.inboxes import logged_in, open_session
from tests.sending.working import LocalWorker, wait_until


def status_at(engine: GatewaySimulator, account: Account) -> int:
    """Return the account's status at the gateway."""
    shown = {one["uin"]: one["status"] for one in engine.control.accounts()}
    return int(shown[account.uin])


def test_the_status_of_a_logged_in_account_changes_now(
    engine: GatewaySimulator, sender: Account
) -> None:
    with LocalWorker() as worker:
        logged_in(sender)
        assert show_status(account=sender, status=PresenceStatus.BUSY) is not None
        wait_until(lambda: status_at(engine, sender) == PresenceStatus.BUSY, what="busy")
        show_status(account=sender, status=PresenceStatus.INVISIBLE)
        wait_until(lambda: status_at(engine, sender) == PresenceStatus.INVISIBLE, what="invisible")
        wait_until(lambda: not AccountTask.objects.open().exists(), what="the end of the task")
        assert worker.deaths == []
    assert engine.control.figures().logins["accepted"] == 1


def test_an_account_that_is_not_logged_in_shows_it_at_its_next_login(
    engine: GatewaySimulator, sender: Account
) -> None:
    assert show_status(account=sender, status=PresenceStatus.BUSY) is None
    with LocalWorker():
        logged_in(sender)
        wait_until(lambda: status_at(engine, sender) == PresenceStatus.BUSY, what="busy")
    assert not AccountTask.objects.filter(kind=AccountTaskKind.STATUS).exists()


def test_too_frequent_changes_are_tried_again_later(
    engine: GatewaySimulator, sender: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.gateway.background_tasks.TOO_FAST_SECONDS", 0.3)
    engine.control.change(change_interval=3.0)
    with LocalWorker():
        logged_in(sender)
        show_status(account=sender, status=PresenceStatus.BUSY)
        wait_until(lambda: status_at(engine, sender) == PresenceStatus.BUSY, what="busy")
        show_status(account=sender, status=PresenceStatus.ONLINE)
        wait_until(lambda: AccountTask.objects.open().filter(tries__gt=0), what="RES=3")
        # Meanwhile the operator chooses another one: the last choice is the one that is shown.
        show_status(account=sender, status=PresenceStatus.INVISIBLE)
        wait_until(lambda: status_at(engine, sender) == PresenceStatus.INVISIBLE, what="invisible")
        wait_until(lambda: not AccountTask.objects.open().exists(), what="the end of the task")
    assert engine.control.figures().results["Change_Stat"]["3"] >= 1
    assert not AccountTask.objects.filter(state="failed").exists()


def test_a_status_that_a_login_could_not_set_is_set_afterwards(
    engine: GatewaySimulator, sender: Account
) -> None:
    Account.objects.filter(pk=sender.pk).update(presence=PresenceStatus.INVISIBLE)
    engine.control.set_faults("refuse,command=Change_Stat,res=3,count=1")
    with LocalWorker():
        logged_in(sender)
        wait_until(lambda: status_at(engine, sender) == PresenceStatus.INVISIBLE, what="invisible")


def test_a_logout_by_an_operator(engine: GatewaySimulator, sender: Account) -> None:
    with LocalWorker():
        logged_in(sender)
        request_account_task(account=sender, kind=AccountTaskKind.LOGOUT)
        wait_until(lambda: open_session(sender) is None, what="the logout")
        wait_until(
            lambda: Account.objects.filter(pk=sender.pk, state=AccountState.OFFLINE).exists(),
            what="offline",
        )
    assert engine.control.figures().requests["Logout"] == 1


def test_logins_are_spread(
    engine: GatewaySimulator, senders: list[Account], settings: object
) -> None:
    settings.QQ_LOGINS_PER_SECOND = 5.0  # type: ignore[attr-defined]
    with LocalWorker() as worker:
        for account in senders:
            request_account_task(account=account, kind=AccountTaskKind.LOGIN)
        wait_until(lambda: Session.objects.count() == len(senders), what="the logins")
        assert worker.deaths == []
    opened = list(Session.objects.order_by("opened_at").values_list("opened_at", flat=True))
    # Three pauses of 0.1 to 0.3 s.
    assert (opened[-1] - opened[0]).total_seconds() >= 0.28


@pytest.mark.parametrize("per_second", [0.0, 100.0])
def test_turns_are_one_after_the_other(per_second: float, settings: object) -> None:
    settings.QQ_LOGINS_PER_SECOND = per_second  # type: ignore[attr-defined]
    turns = LoginTurns()
    taken = [turns.take() for _ in range(50)]
    assert taken == sorted(taken)
    if per_second:
        assert 0.25 <= taken[-1] - taken[0] <= 0.75
