"""Sessions by IP address and UIN: other addresses, expiry and the control API."""

from collections.abc import Callable

from qqhttp.simulator import GatewaySimulator

from .raw_client import ALICE, BOB, ask, log_in, login_of, message


def _code(reply: str) -> str:
    return dict(item.split("=", 1) for item in reply.split("&") if item)["RES"]


def test_another_address_has_no_session(gateway: GatewaySimulator) -> None:
    assert _code(ask(gateway, message(1), source="127.0.0.2")) == "20"
    assert _code(ask(gateway, message(1))) == "0"


def test_a_login_from_another_address_moves_the_session(gateway: GatewaySimulator) -> None:
    log_in(gateway, source="127.0.0.2")
    assert _code(ask(gateway, message(1))) == "20"
    assert _code(ask(gateway, message(1), source="127.0.0.2")) == "0"
    assert gateway.control.figures().logins == {"accepted": 2, "refused": 0, "moved": 1}


def test_two_accounts_of_one_address_have_separate_sessions(gateway: GatewaySimulator) -> None:
    log_in(gateway, BOB)
    assert _code(ask(gateway, message(1))) == "0"
    assert _code(ask(gateway, message(1, uin=BOB))) == "0"
    assert gateway.control.figures().sessions == 2


def test_a_logout_from_another_address_does_not_end_the_session(gateway: GatewaySimulator) -> None:
    assert _code(ask(gateway, f"VER=1.1&CMD=Logout&SEQ=1&UIN={ALICE}", source="127.0.0.2")) == "0"
    assert _code(ask(gateway, message(1))) == "0"


def test_a_logout_ends_the_session(gateway: GatewaySimulator) -> None:
    ask(gateway, f"VER=1.1&CMD=Logout&SEQ=1&UIN={ALICE}")
    assert _code(ask(gateway, message(1))) == "20"


def test_a_silent_session_expires(start: Callable[..., GatewaySimulator]) -> None:
    gateway = start(idle=0)
    log_in(gateway)
    assert _code(ask(gateway, message(1))) == "20"
    gateway.control.change(idle=300)
    log_in(gateway)
    assert _code(ask(gateway, message(1))) == "0"


def test_a_refused_login_does_not_end_the_session(gateway: GatewaySimulator) -> None:
    assert "&RS=1&" in ask(gateway, login_of(ALICE, "wrong"), source="127.0.0.2")
    assert _code(ask(gateway, message(1))) == "0"
    assert gateway.control.figures().logins["refused"] == 1


def test_the_control_api_ends_sessions(gateway: GatewaySimulator) -> None:
    log_in(gateway, BOB)
    gateway.control.clear_sessions(uin=ALICE)
    assert _code(ask(gateway, message(1))) == "20"
    assert _code(ask(gateway, message(1, uin=BOB))) == "0"
    gateway.control.clear_sessions()
    assert _code(ask(gateway, message(2, uin=BOB))) == "20"
