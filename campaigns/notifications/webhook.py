"""Sends a notification to a webhook: a signed POST with JSON."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import socket

from django.utils.translation import override
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from campaigns.models import CampaignNotifications, Notification
from campaigns.notifications.content import json_body
from campaigns.notifications.unsent import Unsent
from foundation.bounded_time import LONGEST, cut_after
from foundation.encrypted_field import UnreadableCredential
from foundation.public_address import (
    PrivateAddressError,
    PublicAdapter,
    public_session,
)
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The header that proves who sent it: `sha256=` and the HMAC of the body, in hexadecimal.
SIGNATURE = "X-Qqcampaign-Signature"


def signature(body: bytes, *, secret: str) -> str:
    """Return the signature of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def call_webhook(notification: Notification) -> None:
    """Post a notification to its webhook; an answer 2xx means that it was taken.

    The answer's body is not read, and a redirect is not followed: it could lead anywhere.

    Raises:
        Refusal: it must not be sent: the address is private, or the secret cannot be read.
        Unsent: the webhook did not take it; it may later.
    """
    body = _body(notification)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "qqcampaign",
        "X-Qqcampaign-Id": str(notification.key),
        "X-Qqcampaign-Event": notification.event,
        SIGNATURE: signature(body, secret=_secret(notification)),
    }
    session, adapter = public_session()
    try:
        with (
            session,
            cut_after(LONGEST, lambda: _cut(adapter)) as was_cut,
            session.post(
                notification.target,
                data=body,
                headers=headers,
                timeout=LONGEST,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            status = answer.status_code
    except PrivateAddressError as problem:
        raise problem.refusal from None
    except (RequestException, HTTPError, OSError, ValueError) as problem:
        raise Unsent(
            _("The webhook could not be reached (%(problem)s).")
            % {"problem": type(problem).__name__}
        ) from None
    if was_cut.is_set():  # cut off in its headers, the answer looks like a whole one
        raise Unsent(_("The webhook took longer than %(n)d seconds.") % {"n": round(LONGEST)})
    if not 200 <= status < 300:
        raise Unsent(
            _("The webhook answered %(status)d; only 2xx means that it was taken.")
            % {"status": status}
        )


def _body(notification: Notification) -> bytes:
    """Return the body: in English, and the same at every try."""
    with override("en"):
        read = Notification.objects.select_related("campaign", "run").get(pk=notification.pk)
        return json_body(read)


def _secret(notification: Notification) -> str:
    row = CampaignNotifications.objects.filter(campaign=notification.campaign_id).first()
    secret = row.webhook_secret if row is not None else ""
    if isinstance(secret, UnreadableCredential):
        raise Refusal(
            _(
                "The secret of the webhook cannot be decrypted: CREDENTIAL_KEYS does not hold its "
                "key. Put the key back, or give the webhook a new secret."
            ),
            code="secret_unreadable",
        )
    return secret


def _cut(adapter: PublicAdapter) -> None:
    """Close the connection under the feet of a request that takes too long."""
    for made in adapter.sockets:
        with contextlib.suppress(OSError):
            made.shutdown(socket.SHUT_RDWR)
