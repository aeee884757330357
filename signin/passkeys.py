"""Passkeys (WebAuthn) of a user: add one, and prove with one."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from django.utils import timezone
from django.utils.translation import gettext as _
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    UserVerificationRequirement,
)

from foundation.refusals import Refusal
from signin.models import Passkey

MOST_PASSKEYS, LONGEST_NAME = 20, 100
_VERIFIED = UserVerificationRequirement.PREFERRED


def begin_adding(user: Any, *, origin: str) -> tuple[dict[str, Any], Any]:
    """Return the options for the browser, and the state to keep until its answer."""
    person = PublicKeyCredentialUserEntity(
        id=str(user.pk).encode(), name=user.get_username(), display_name=user.get_username()
    )
    options, state = _server(origin).register_begin(
        person, credentials=_credentials(user), user_verification=_VERIFIED
    )
    return dict(options), state


def add(user: Any, *, origin: str, state: Any, answer: dict[str, Any], name: str) -> Passkey:
    """Store a new passkey.

    Raises:
        Refusal: the browser's answer does not fit, or there are too many passkeys.
    """
    if Passkey.objects.filter(user=user).count() >= MOST_PASSKEYS:
        raise Refusal(_("You have 20 passkeys. Remove one first."), code="too_many")
    try:
        proven = _server(origin).register_complete(state, answer).credential_data
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _refusal() from None
    if proven is None:
        raise _refusal()
    return Passkey.objects.create(
        user=user,
        name=name.strip()[:LONGEST_NAME] or _("Passkey"),
        credential_id=websafe_encode(proven.credential_id),
        credential=base64.urlsafe_b64encode(proven).decode("ascii"),
    )


def begin_proving(user: Any, *, origin: str) -> tuple[dict[str, Any], Any]:
    """Return the options for the browser, and the state to keep until its answer."""
    options, state = _server(origin).authenticate_begin(
        credentials=_credentials(user), user_verification=_VERIFIED
    )
    return dict(options), state


def prove(user: Any, *, origin: str, state: Any, answer: dict[str, Any]) -> None:
    """Check that the browser holds one of the user's passkeys.

    Raises:
        Refusal: it does not.
    """
    try:
        used = _server(origin).authenticate_complete(state, _credentials(user), answer)
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
        raise _refusal() from None
    rows = Passkey.objects.filter(user=user, credential_id=websafe_encode(used.credential_id))
    rows.update(used_at=timezone.now())


def _server(origin: str) -> Fido2Server:
    party = PublicKeyCredentialRpEntity(name="qqcampaign", id=urlsplit(origin).hostname or "")
    return Fido2Server(party, verify_origin=lambda given: given == origin)


def _credentials(user: Any) -> list[AttestedCredentialData]:
    rows = Passkey.objects.filter(user=user)
    return [AttestedCredentialData(base64.urlsafe_b64decode(one.credential)) for one in rows]


def _refusal() -> Refusal:
    return Refusal(_("The passkey was not accepted. Try again."), code="passkey")
