"""Result policies for logins: an operator's edit decides what a failed login does."""

from __future__ import annotations

import time

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Account, Lease
from accounts.transitions import enable_account
from qqhttp.simulator import GatewaySimulator
from sending.models import ResultPolicy
from sending.policies import DEFAULTS, Policy, PolicyTable
from tests.sending.conftest import FRIENDS, Start, assert_exact, is_finished, states_of
from tests.sending.working import LocalWorker, wait_until

WRONG = "0" * 32
#: An edit holds within this time, seconds.
EDIT_SECONDS = 1.0


def _state(account: Account) -> tuple[str, str]:
    account.refresh_from_db()
    return account.state, account.state_reason


def _edit(code: str, **columns: object) -> None:
    """Edit a policy for logins as the console does: validated, then saved."""
    policy = ResultPolicy.objects.filter(command="LOGIN", code=code).first()
    policy = policy or ResultPolicy(command="LOGIN", code=code)
    for name, value in columns.items():
        setattr(policy, name, value)
    policy.full_clean()
    policy.save()


LATER = {"action": "later", "account_action": "none", "backoff_seconds": 1.0, "backoff_factor": 1.0}
QUARANTINE = {"action": "fail", "account_action": "quarantine"}


# --- with a gateway -------------------------------------------------------------------------


@pytest.mark.slow
def test_by_default_a_wrong_password_quarantines(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.filter(pk=senders[0].pk).update(credential=WRONG)
    start(accounts=senders[:1])
    with LocalWorker():
        wait_until(lambda: _state(senders[0])[0] == "quarantined", what="the quarantine")
    assert _state(senders[0]) == ("quarantined", "login_refused")
    assert engine.control.figures().logins["refused"] == 1


@pytest.mark.slow
def test_a_refused_login_is_tried_again_if_the_policy_says_so(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    """The password is corrected at the end, as if the gateway had refused by mistake.

    The refusals of one account delay no login of another.
    """
    _edit("RS_*", **LATER)
    account, right = senders[0], senders[0].credential
    Account.objects.filter(pk=account.pk).update(credential=WRONG)
    run = start(accounts=senders[:2])
    with LocalWorker() as worker:
        wait_until(lambda: states_of(run).get("sent") == FRIENDS, what="the other account")
        wait_until(lambda: engine.control.figures().logins["refused"] >= 3, what="three refusals")
        assert _state(account) == ("offline", "login_refused")
        account.credential = right
        account.save(update_fields=["credential"])
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    assert Lease.objects.get(account=account).login_failures == 0
    assert_exact(run, engine)


@pytest.mark.slow
def test_an_edit_holds_within_a_second(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    account = senders[0]
    engine.control.set_faults("refuse,command=Login,res=7")
    start(accounts=[account])
    with LocalWorker():
        wait_until(lambda: _state(account) == ("offline", "login_refused"), what="a refusal")
        _edit("7", **QUARANTINE)
        time.sleep(EDIT_SECONDS)
        enable_account(account=account)  # ends the pause before the next login
        wait_until(lambda: _state(account)[0] == "quarantined", what="the quarantine")
    assert _state(account) == ("quarantined", "login_refused")


@pytest.mark.slow
def test_an_edit_before_the_start_holds_for_the_first_login(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    _edit("3", **QUARANTINE)
    engine.control.set_faults("refuse,command=Login,res=3")
    start(accounts=senders[:1])
    with LocalWorker():
        wait_until(lambda: _state(senders[0])[0] == "quarantined", what="the quarantine")
    assert engine.control.faults()[0]["fired"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["http:before", "reset:before", "empty:before"])
def test_no_policy_holds_an_answer_that_is_not_definite_against_an_account(
    engine: GatewaySimulator, senders: list[Account], start: Start, fault: str
) -> None:
    """This also holds for rows that were written without the form's checks."""
    for code in ("*", "HTTP_*", "reset", "NULL"):
        ResultPolicy.objects.update_or_create(command="LOGIN", code=code, defaults=QUARANTINE)
    engine.control.set_faults(f"{fault},command=Login,count=2")
    run = start(accounts=senders[:1])
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    assert_exact(run, engine)


# --- the form -------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.one_database
@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"code": "0"}, "code"),
        ({"action": "done"}, "action"),
        ({"action": "replay"}, "action"),
        ({"action": "fail"}, "account_action"),
        ({"account_action": "quarantine"}, "account_action"),
        ({"account_action": "log_in"}, "account_action"),
        ({"account_action": "rest"}, "account_action"),
        ({"code": "timeout", **QUARANTINE}, "action"),
        ({"code": "HTTP_502", **QUARANTINE}, "action"),
        ({"code": "²", **QUARANTINE}, "action"),
        ({"suppresses_contact": True}, "suppresses_contact"),
        ({"stops_run": True}, "stops_run"),
        ({"backoff_longest": 86_401.0}, "backoff_longest"),
    ],
)
def test_the_form_refuses_what_a_login_cannot_do(columns: dict[str, object], field: str) -> None:
    policy = ResultPolicy(command="LOGIN", **{"code": "7", "action": "later", **columns})
    with pytest.raises(ValidationError) as caught:
        policy.full_clean()
    assert list(caught.value.message_dict) == [field]


@pytest.mark.django_db
@pytest.mark.one_database
def test_the_form_accepts_the_defaults() -> None:
    for policy in ResultPolicy.objects.all():
        policy.full_clean()
    assert ResultPolicy.objects.count() == len(DEFAULTS)


# --- pauses ---------------------------------------------------------------------------------

NUMBERS = st.floats(min_value=0, allow_infinity=False, allow_nan=False)


@given(NUMBERS, NUMBERS.filter(lambda factor: factor >= 1), NUMBERS, st.integers(1, 100_000))
def test_a_pause_is_never_longer_than_a_day(
    first: float, factor: float, longest: float, tries: int
) -> None:
    policy = Policy(
        "LOGIN", "7", "later",
        backoff_seconds=first, backoff_factor=factor, backoff_longest=longest,
    )  # fmt: skip
    pause = PolicyTable([policy]).for_login(code="7").pause(tries)
    assert 0.0 <= pause <= min(longest, 86_400.0)


def test_the_default_pauses_between_logins() -> None:
    unanswered, too_fast = (PolicyTable().for_login(code=code) for code in ("NULL", "3"))
    assert [unanswered.pause(tries) for tries in range(1, 7)] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
    assert [too_fast.pause(tries) for tries in (1, 2, 100)] == [20.0] * 3
    assert not unanswered.quarantines
    assert not too_fast.quarantines
    assert PolicyTable().for_login(code="5").quarantines
    assert PolicyTable().for_login(code="RS_1").quarantines
