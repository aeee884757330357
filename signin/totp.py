"""Time-based one-time codes as authenticator apps show them (RFC 6238, SHA-1, 6 digits, 30 s)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from urllib.parse import quote

STEP_SECONDS, DIGITS = 30, 6
#: Steps before and after the present one whose codes are accepted: clocks differ.
DRIFT = 1


def new_secret() -> str:
    """Return a new secret of 160 bits in base 32."""
    return base64.b32encode(secrets.token_bytes(20)).decode("ascii")


def code_at(secret: str, step: int) -> str:
    """Return the code of a step."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(secret: str, code: str, *, after: int, now: float | None = None) -> int | None:
    """Return the step that a code belongs to; None if it is wrong, or not later than `after`."""
    present = int((time.time() if now is None else now) // STEP_SECONDS)
    for step in range(present - DRIFT, present + DRIFT + 1):
        if step > after and hmac.compare_digest(code_at(secret, step), code):
            return step
    return None


def address_for_app(secret: str, name: str) -> str:
    """Return the otpauth address that an authenticator app reads."""
    label = quote(f"qqcampaign:{name}")
    return f"otpauth://totp/{label}?secret={secret}&issuer=qqcampaign&digits={DIGITS}"
