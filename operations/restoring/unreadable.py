"""The accounts that cannot log in because the key of their password is missing."""

from __future__ import annotations

from accounts.models import Account
from foundation.encrypted_field import UnreadableCredential


def accounts_without_key() -> list[int]:
    """Return the UINs of the accounts whose stored password no key decrypts."""
    rows = Account.objects.order_by("uin").only("uin", "credential")
    return [
        account.uin
        for account in rows.iterator()
        if isinstance(account.credential, UnreadableCredential)
    ]
