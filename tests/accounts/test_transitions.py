"""The services that change an account's state: events in the timeline, and refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account, Lease
from accounts.states import AccountState, StateReason
from accounts.transitions import (
    change_account_state,
    disable_account,
    enable_account,
    quarantine_account,
    rest_account,
)
from clocks import shared
from foundation.refusals import Refusal
from tests.campaigns.factories import make_account

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
S = AccountState


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [
        *((disable_account, state, S.DISABLED) for state in (S.NEW, S.ONLINE, S.QUARANTINED)),
        (enable_account, S.DISABLED, S.NEW),
        (enable_account, S.QUARANTINED, S.NEW),
        (enable_account, S.RESTING, S.OFFLINE),
        *((rest_account, state, S.RESTING) for state in (S.NEW, S.ONLINE, S.OFFLINE, S.RESTING)),
    ],
)
def test_a_service_changes_the_state_and_adds_an_event(
    verb: Callable[..., Any], before: str, after: str
) -> None:
    account = make_account(20_001, state=before)
    verb(account=account)
    account.refresh_from_db()
    assert account.state == after
    events = list(account.events.values_list("state", "reason"))
    assert events == ([(after, StateReason.BY_OPERATOR)] if before != after else [])


@pytest.mark.parametrize(
    ("verb", "state"),
    [
        (disable_account, S.DISABLED),
        *((rest_account, state) for state in (S.QUARANTINED, S.DISABLED)),
    ],
)
def test_a_transition_that_is_not_allowed_is_refused(verb: Callable[..., Any], state: str) -> None:
    account = make_account(20_001, state=state)
    with pytest.raises(Refusal, match="20001"):
        verb(account=account)
    account.refresh_from_db()
    assert account.state == state
    assert not account.events.exists()


def test_a_rest_lasts_the_given_seconds() -> None:
    account = make_account(20_001)
    rest_account(account=account, seconds=90)
    until = Lease.objects.get().resting_until
    assert until is not None
    assert timedelta(seconds=80) < until - shared.now() <= timedelta(seconds=90)
    account.refresh_from_db()
    rest_account(account=account, seconds=5)  # a new end replaces the first
    until = Lease.objects.get().resting_until
    assert until is not None
    assert until - shared.now() <= timedelta(seconds=5)


def test_enabling_resets_the_error_counts() -> None:
    account = make_account(20_001, state=S.QUARANTINED)
    now = timezone.now()
    Lease.objects.update(
        login_failures=4,
        login_not_before=now,
        bad_results=9,
        sessions_lost=5,
        resting_until=now,
        last_seq=7,
    )
    enable_account(account=account)
    lease = Lease.objects.get()
    assert (lease.login_failures, lease.login_not_before, lease.bad_results) == (0, None, 0)
    assert lease.sessions_lost == 0
    assert lease.resting_until is None
    assert lease.last_seq == 7  # used SEQs are not reused


@pytest.mark.parametrize("state", [S.NEW, S.ONLINE, S.OFFLINE])
def test_enabling_does_not_change_a_working_account(state: str) -> None:
    account = make_account(20_001, state=state)
    enable_account(account=account)
    assert Account.objects.get().state == state
    assert not account.events.exists()


@pytest.mark.parametrize(
    ("seen", "now", "after"),
    [
        (S.ONLINE, S.RESTING, S.OFFLINE),
        (S.RESTING, S.ONLINE, S.ONLINE),
        (S.RESTING, S.QUARANTINED, S.NEW),
    ],
)
def test_enabling_uses_the_present_state_and_not_the_loaded_one(
    seen: str, now: str, after: str
) -> None:
    account = make_account(20_001, state=seen)
    Account.objects.update(state=now)
    enable_account(account=account)
    assert Account.objects.get().state == after


def test_an_unchanged_state_adds_no_event_and_only_an_operator_enables_a_stopped_account() -> None:
    account = make_account(20_001, state=S.ONLINE)
    pk, reason = account.pk, StateReason.LOGGED_IN
    assert not change_account_state(account_id=pk, to=S.ONLINE, reason=reason)
    quarantine_account(account=account, reason=StateReason.LOGIN_REFUSED, detail="密码错误")
    assert not change_account_state(account_id=pk, to=S.ONLINE, reason=reason)
    account = Account.objects.get()
    assert (account.state, account.state_detail) == (S.QUARANTINED, "密码错误")
    assert account.events.count() == 1
