"""The error classes: result code, `definite`, `is_retryable` and message."""

from __future__ import annotations

import pickle

import pytest

import qqhttp
from qqhttp import (
    ConnectionReset,
    EmptyReply,
    GatewayError,
    HttpError,
    IllegalUin,
    LoginRefused,
    MalformedReply,
    NeverLeft,
    NoAnswer,
    NotLoggedIn,
    OtherRefusal,
    ReadTimeout,
    Refusal,
    TooFast,
    Withheld,
)

# error, branch, code, definite, retryable
TREE: list[tuple[GatewayError, type[GatewayError], str, bool, bool]] = [
    (NeverLeft("Not there."), NeverLeft, "unreachable", True, True),
    (Withheld(), Withheld, "withheld", True, True),
    (EmptyReply(), NoAnswer, "NULL", False, True),
    (ReadTimeout(45), NoAnswer, "timeout", False, True),
    (ConnectionReset(), NoAnswer, "reset", False, True),
    (HttpError(502), NoAnswer, "HTTP_502", False, True),
    (MalformedReply("no RES"), NoAnswer, "malformed", False, True),
    (NotLoggedIn(), Refusal, "20", True, True),
    (TooFast(), Refusal, "3", True, True),
    (IllegalUin(), Refusal, "5", True, False),
    (OtherRefusal(7), Refusal, "7", True, False),
    (LoginRefused(rs=1, reason="密码错误"), Refusal, "RS_1", True, False),
]


@pytest.mark.parametrize(
    ("error", "branch", "code", "definite", "is_retryable"),
    TREE,
    ids=[type(row[0]).__name__ for row in TREE],
)
def test_each_error_has_code_definite_retryable_and_message(
    error: GatewayError, branch: type, code: str, definite: bool, is_retryable: bool
) -> None:
    assert isinstance(error, branch)
    assert error.code == code
    assert type(error).definite is definite
    assert type(error).is_retryable is is_retryable
    assert str(error) == error.sentence
    assert error.sentence.endswith(".")


@pytest.mark.parametrize("error", [row[0] for row in TREE], ids=lambda error: type(error).__name__)
def test_each_error_can_be_pickled(error: GatewayError) -> None:
    again = pickle.loads(pickle.dumps(error))

    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_every_exported_error_is_in_the_table() -> None:
    exported = {
        found
        for name in qqhttp.__all__
        if isinstance(found := getattr(qqhttp, name), type) and issubclass(found, GatewayError)
    }
    assert exported == {type(row[0]) for row in TREE} | {GatewayError, NoAnswer, Refusal}


def test_the_reason_of_a_refused_login_is_one_line_of_bounded_length() -> None:
    error = LoginRefused(rs=1, reason="no\r\nway " + "x" * 500)

    assert ": no way xxx" in error.sentence
    assert "\n" not in error.sentence
    assert len(error.reason) == 200
    assert "without a reason" in LoginRefused(rs=1, reason=" ").sentence
