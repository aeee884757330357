"""Second factors of a user: which there are, which are demanded, and whether a code is right."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from foundation.encrypted_field import UnreadableCredential
from foundation.refusals import Refusal
from signin import totp
from signin.models import Passkey, RecoveryCode, TotpSecret

RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def has_factor(user: Any) -> bool:
    """Return whether the user has an authenticator app or a passkey."""
    return (
        TotpSecret.objects.filter(user=user).exists() or Passkey.objects.filter(user=user).exists()
    )


def is_demanded(user: Any) -> bool:
    """Return whether the user's role must have a second factor (REQUIRE_SECOND_FACTOR)."""
    roles = set(settings.REQUIRE_SECOND_FACTOR)
    if not roles:
        return False
    if user.is_superuser and "administrator" in roles:
        return True
    return bool(user.groups.filter(name__in=roles).exists())


def is_right_code(user: Any, code: str) -> bool:
    """Return whether a code is the app's present one or an unused recovery code; use it up."""
    code = "".join(code.split()).lower()
    if code.isascii() and code.isdigit() and len(code) == totp.DIGITS:
        return _use_app_code(user, code)
    used, _rows = RecoveryCode.objects.filter(user=user, digest=_digest(code)).delete()
    return used > 0


def add_app(user: Any, secret: str, code: str) -> list[str]:
    """Store an authenticator app that has shown a right code; return new recovery codes.

    Raises:
        Refusal: the code is wrong.
    """
    step = totp.step_of(secret, "".join(code.split()), after=0)
    if step is None:
        raise Refusal(
            _("This code is wrong or too old. Type the code that the app shows now."),
            code="wrong_code",
        )
    with transaction.atomic():
        TotpSecret.objects.update_or_create(
            user=user, defaults={"secret": secret, "last_step": step}
        )
        return new_recovery_codes(user)


def new_recovery_codes(user: Any) -> list[str]:
    """Replace the user's recovery codes; return the new ones, which are shown once."""
    codes = ["-".join(_word() for _part in "12") for _n in range(RECOVERY_CODES)]
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(
            [RecoveryCode(user=user, digest=_digest(code)) for code in codes]
        )
    return codes


def remove_all(user: Any) -> int:
    """Remove the user's second factors: the phone is lost, and so are the codes."""
    removed = TotpSecret.objects.filter(user=user).delete()[0]
    removed += Passkey.objects.filter(user=user).delete()[0]
    RecoveryCode.objects.filter(user=user).delete()
    return removed


def _use_app_code(user: Any, code: str) -> bool:
    found = TotpSecret.objects.filter(user=user).first()
    if found is None or isinstance(found.secret, UnreadableCredential):
        return False
    step = totp.step_of(found.secret, code, after=found.last_step)
    if step is None:
        return False
    # The row count decides: the same code, sent twice at once, is accepted once.
    rows = TotpSecret.objects.filter(pk=found.pk, last_step__lt=step)
    return rows.update(last_step=step) == 1


def _digest(code: str) -> str:
    # The codes are random (50 bits) and not chosen by people: a plain hash is enough.
    return hashlib.sha256(code.replace("-", "").encode()).hexdigest()


def _word() -> str:
    return "".join(secrets.choice(_ALPHABET) for _n in range(5))
