"""An app, a recovery code and a passkey in a real browser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from signin import totp
from tests.web_process import NAME, PASSWORD, web_process

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def address(tmp_path: Any) -> Iterator[str]:
    with web_process(tmp_path) as (address, _pid):
        # Passkeys need a name: browsers make none for an address.
        yield address.replace("127.0.0.1", "localhost")


def _sign_in(page: Any, address: str) -> None:
    page.goto(f"{address}/login/")
    page.fill("input[name=username]", NAME)
    page.fill("input[name=password]", PASSWORD)
    page.click("#login-form button[type=submit]")


def _sign_out(page: Any, address: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{address}/login/")


def _code(secret: str, last: str = "") -> str:
    """Return a code that the console has not seen."""
    step = int(time.time() // totp.STEP_SECONDS)
    codes = [totp.code_at(secret, step + n) for n in (-1, 0, 1)]
    return codes[codes.index(last) + 1 if last in codes else 0]


def test_an_authenticator_app(page: Any, address: str) -> None:
    page.set_default_timeout(60_000)
    _sign_in(page, address)
    page.goto(f"{address}/signing-in/own/")
    secret = page.locator("#secret").inner_text()
    first = _code(secret)
    page.fill("#app-code", first)
    page.get_by_role("button", name="Set it up").click()
    page.get_by_text("The authenticator app is set up.").wait_for()
    recovery = page.locator("#new-codes pre").inner_text().split()
    assert len(recovery) == 10

    _sign_out(page, address)
    _sign_in(page, address)
    page.fill("#code", _code(secret, first))
    page.get_by_role("button", name="Go on").click()
    page.locator("#overview").wait_for()

    _sign_out(page, address)
    _sign_in(page, address)
    page.fill("#code", recovery[0])
    page.get_by_role("button", name="Go on").click()
    page.locator("#overview").wait_for()


def test_a_passkey(page: Any, address: str) -> None:
    page.set_default_timeout(60_000)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    _sign_in(page, address)
    page.goto(f"{address}/signing-in/own/")
    page.fill("#passkey-name", "my laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("The passkey is stored.").wait_for()
    page.get_by_text("my laptop").wait_for()

    _sign_out(page, address)
    _sign_in(page, address)
    page.get_by_role("button", name="Use a passkey").click()
    page.locator("#overview").wait_for()

    _sign_out(page, address)
    _sign_in(page, address)
    remove = {"authenticatorId": added["authenticatorId"]}
    session.send("WebAuthn.removeVirtualAuthenticator", remove)
    other = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    assert other["authenticatorId"] != added["authenticatorId"]
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("The browser did not use a passkey.").wait_for()
    page.goto(address)
    page.locator("#code").wait_for()
