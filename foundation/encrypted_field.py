"""A text column that is encrypted at rest with the keys in CREDENTIAL_KEYS.

The first key encrypts, and every key decrypts. No key is derived from SECRET_KEY, as some libraries
do: rotating SECRET_KEY would then make the data unreadable.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_noop

#: The least characters of a key; a system check refuses shorter ones, which could be guessed.
SHORTEST_KEY = 16


class UnreadableCredential(str):
    """The token of a stored credential that none of CREDENTIAL_KEYS decrypts.

    Lists of accounts can still be shown and forms saved, and the token stays unchanged. Only code
    that needs the credential itself has to check for this class, and can show `sentence`.
    """

    sentence = gettext_noop(
        "The stored credential cannot be decrypted: CREDENTIAL_KEYS does not hold the key it was "
        "encrypted with. Put that key back (at the end of the list), or import the account again."
    )


def fernet(key: str) -> Fernet:
    """Return the cipher of one key, or of a passphrase."""
    try:
        return Fernet(key)
    except ValueError:  # not a Fernet key but a passphrase: derive a key from it
        derived = HKDF(
            algorithm=SHA256(), length=32, salt=None, info=b"qqcampaign credentials"
        ).derive(key.encode())
        return Fernet(base64.urlsafe_b64encode(derived))


@lru_cache(maxsize=8)
def _keyring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([fernet(key) for key in keys])


def keyring() -> MultiFernet:
    """Return the keys in CREDENTIAL_KEYS; the first one encrypts."""
    return _keyring(tuple(settings.CREDENTIAL_KEYS))


if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField


class EncryptedTextField(_TextField):
    """A text in Python that is a Fernet token in the database; it cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        if value is None or value == "" or isinstance(value, UnreadableCredential):
            return value
        return keyring().encrypt(str(value).encode()).decode("ascii")

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is None or value == "":
            return value
        try:
            return keyring().decrypt(value.encode("ascii")).decode()
        except InvalidToken:
            return UnreadableCredential(value)
