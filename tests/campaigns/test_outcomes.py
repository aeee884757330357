"""The next state of a delivery after each kind of answer, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.gateway.conversation import Answer
from sending.lanes.outcomes import MOST_ATTEMPTS, Situation, Verdict, judge, reason_of
from sending.models import AccountAction, PolicyAction, PolicyCommand
from sending.policies import Policy, PolicyTable

pytestmark = pytest.mark.both_databases

TWICE, MISSED = "never-twice", "never-missed"
OPEN_CODES = ("NULL", "timeout", "reset", "malformed", "HTTP_502")
TABLE = PolicyTable()


def situation(code: str, *, is_definite: bool | None = None, **given: Any) -> Situation:
    """Return the situation of an attempt under the default policies."""
    policy = given.pop("policy", TABLE.find(command=PolicyCommand.MESSAGE.value, code=code))
    if is_definite is None:
        is_definite = code not in OPEN_CODES and code != "lost"
    columns = {
        "was_open": False, "replays": 0, "attempts": 1, "age": 1.0, "replay_window": 600.0,
        "promise": TWICE, **given,
    }  # fmt: skip
    return Situation(answer=Answer(code, is_definite), policy=policy, **columns)


def policy(action: PolicyAction, **given: Any) -> Policy:
    return Policy(PolicyCommand.MESSAGE.value, "any", action.value, **given)


SENT = Verdict("sent")
AGAIN = Verdict("pending")
LATER = policy(PolicyAction.LATER, max_tries=3, backoff_seconds=2.0)
REST = policy(
    PolicyAction.LATER, max_tries=3, backoff_seconds=2.0, account_action=AccountAction.REST.value
)

DEFINITE = {
    "accepted": (situation("0"), SENT),
    "accepted at a repeat": (situation("0", was_open=True, replays=3), SENT),
    "accepted after the window": (situation("0", was_open=True, age=9999), SENT),
    "too fast: the account rests, the delivery need not": (situation("3"), AGAIN),
    "too fast for the hundredth time": (situation("3", attempts=100), Verdict("failed", "RES_3")),
    "not logged in": (situation("20"), AGAIN),
    "not logged in, a hundred times": (situation("20", attempts=100), Verdict("failed", "RES_20")),
    "illegal UIN": (situation("5"), Verdict("failed", "RES_5")),
    "illegal UIN at a repeat": (situation("5", was_open=True), Verdict("failed", "RES_5")),
    "a code nobody knows": (situation("77"), Verdict("failed", "RES_77")),
    "later, by policy": (situation("77", policy=LATER), Verdict("pending", pause=2.0)),
    "later, the second time": (
        situation("77", policy=LATER, attempts=2), Verdict("pending", pause=4.0),
    ),
    "later, too often": (situation("77", policy=LATER, attempts=3), Verdict("failed", "RES_77")),
    "too fast, but the account rests not, by policy": (
        situation("3", policy=LATER), Verdict("pending", pause=2.0),
    ),
    "another code by which the account rests": (situation("77", policy=REST), AGAIN),
    "done, by policy": (situation("77", policy=policy(PolicyAction.DONE)), SENT),
    "nobody there": (situation("unreachable"), AGAIN),
}  # fmt: skip

#: A message that is sent again without knowing whether it arrived.
DOUBT = "may_have_arrived"
OPEN = {
    "first": (situation("NULL"), Verdict("sending", is_ended=False, pause=1.0)),
    "second": (situation("NULL", replays=1), Verdict("sending", is_ended=False, pause=2.0)),
    "the eighth": (situation("NULL", replays=7), Verdict("sending", is_ended=False, pause=20.0)),
    "as often as the window allows": (
        situation("NULL", replays=200), Verdict("sending", is_ended=False, pause=20.0),
    ),
    "a policy's pause longer than the window bears": (
        situation("NULL", replays=1, policy=policy(PolicyAction.REPLAY, backoff_seconds=300.0)),
        Verdict("sending", is_ended=False, pause=30.0),
    ),
    "too late, never missed, the tenth attempt": (
        situation("NULL", age=599.0, promise=MISSED, attempts=MOST_ATTEMPTS),
        Verdict("unknown", "too_many_tries"),
    ),
    "one last time, right before the end": (
        situation("NULL", replays=30, age=580.0), Verdict("sending", is_ended=False, pause=4.5),
    ),
    "too late": (situation("timeout", age=585.0), Verdict("unknown", "replay_window_over")),
    "just in time": (
        situation("timeout", age=583.5), Verdict("sending", is_ended=False, pause=1.0),
    ),
    "too late, never missed": (
        situation("timeout", age=600.0, promise=MISSED), Verdict("pending", DOUBT, pause=1.0),
    ),
    "SEQ not trusted": (situation("reset", replay_window=0.0), Verdict("unknown", "reset")),
    "SEQ not trusted, never missed": (
        situation("reset", replay_window=0.0, promise=MISSED),
        Verdict("pending", DOUBT, pause=1.0),
    ),
    "too fast, said to a repeat": (
        situation("3", was_open=True), Verdict("sending", is_ended=False, pause=20.0),
    ),
    "not logged in, said to a repeat": (
        situation("20", was_open=True, replays=1), Verdict("sending", is_ended=False),
    ),
    "nobody there for a repeat": (
        situation("unreachable", was_open=True, replays=99),
        Verdict("sending", is_ended=False),
    ),
    "nobody there for a repeat until it is too late": (
        situation("unreachable", was_open=True, age=600.0),
        Verdict("unknown", "replay_window_over"),
    ),
    "done, by policy": (situation("NULL", policy=policy(PolicyAction.DONE)), SENT),
    "fail, by policy": (
        situation("HTTP_502", policy=policy(PolicyAction.FAIL)), Verdict("failed", "HTTP_502"),
    ),
    "later, by policy": (situation("NULL", policy=LATER), Verdict("pending", DOUBT, pause=2.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", DEFINITE)
def test_a_definite_answer(name: str) -> None:
    given, expected = DEFINITE[name]
    assert judge(given) == expected


@pytest.mark.parametrize("name", OPEN)
def test_an_answer_that_is_not_definite(name: str) -> None:
    given, expected = OPEN[name]
    assert judge(given) == expected


@pytest.mark.parametrize("code", OPEN_CODES)
@pytest.mark.parametrize("promise", [TWICE, MISSED])
def test_an_answer_that_is_not_definite_makes_no_new_request_while_the_seq_is_remembered(
    code: str, promise: str
) -> None:
    verdict = judge(situation(code, promise=promise))
    assert (verdict.to, verdict.is_ended) == ("sending", False)


@pytest.mark.parametrize(("code", "reason"), [("5", "RES_5"), ("-1", "RES_-1"), ("NULL", "NULL")])
def test_a_code_as_a_reason(code: str, reason: str) -> None:
    assert reason_of(code) == reason
