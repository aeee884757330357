"""Secrets and signatures as Standard Webhooks has them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
#: Bytes of a key.
KEY_BYTES = 32


def new_secret() -> str:
    """Return a new secret: `whsec_` and the key in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")


def signature_header(*, key: str, timestamp: int, body: bytes, by: Sequence[str]) -> str:
    """Return the header `webhook-signature`: one `v1,...` for each secret, separated by blanks.

    Args:
        key: the header `webhook-id`.
        timestamp: the header `webhook-timestamp`, seconds since 1970.
        body: the body.
        by: the secrets.
    """
    content = f"{key}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signed(content, secret)}" for secret in by)


def _signed(content: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode("ascii")
