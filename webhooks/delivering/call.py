"""Calls an endpoint with one message."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from clocks import shared
from foundation.encrypted_field import UnreadableCredential
from foundation.public_post import Answer, post
from foundation.sentences import Sentence as _
from foundation.times import utc_iso
from webhooks.models import Endpoint, Message
from webhooks.signature import signature_header

#: The longest time of one call, seconds.
LONGEST = 10.0


def call(endpoint: Endpoint, message: Message) -> Answer:
    """Post a message to its endpoint, signed; return the answer. It does not use the database."""
    now = shared.wall()
    secrets = signing_secrets(endpoint, at=now)
    if any(isinstance(one, UnreadableCredential) for one in secrets):
        return Answer(
            None,
            "",
            _(
                "The secret cannot be decrypted: CREDENTIAL_KEYS does not hold its key. Put the "
                "key back, or rotate the secret."
            ),
        )
    body, timestamp = body_of(message), int(now.timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "qqcampaign",
        "webhook-id": message.key,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature_header(
            key=message.key, timestamp=timestamp, body=body, by=secrets
        ),
    }
    return post(endpoint.url, body=body, headers=headers, seconds=LONGEST)


def body_of(message: Message) -> bytes:
    """Return the body: the same at every try."""
    content: dict[str, Any] = {
        "type": message.kind,
        "timestamp": utc_iso(message.happened_at),
        "about": message.object_key,
        "data": message.data,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def signing_secrets(endpoint: Endpoint, *, at: datetime) -> list[Any]:
    """Return the secrets that sign at a time: two while a new one replaces the old one."""
    until = endpoint.old_secret_until
    old = [endpoint.old_secret] if endpoint.old_secret and until and at < until else []
    return [endpoint.secret, *old]
