"""A text column that is encrypted at rest, under a key list of its own.

The key list is CREDENTIAL_KEYS and nothing else: libraries that derive keys from SECRET_KEY make
its rotation touch the data. The first key encrypts, every key decrypts.
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

#: Below this a key can be guessed; a system check refuses it.
SHORTEST_KEY = 16


class UnreadableCredential(str):
    """A stored credential that none of CREDENTIAL_KEYS opens: the token itself, as it is stored.

    A list of accounts still opens and a form still saves, and the token survives both unchanged;
    only who needs the credential itself has to look, and has a sentence to say.
    """

    sentence = gettext_noop(
        "The stored credential cannot be decrypted: CREDENTIAL_KEYS does not hold the key it was "
        "encrypted with. Put that key back (at the end of the list), or import the account again."
    )


def _fernet(key: str) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:  # a passphrase: derive a key from it
        derived = HKDF(
            algorithm=SHA256(), length=32, salt=None, info=b"qqcampaign credentials"
        ).derive(key.encode())
        return Fernet(base64.urlsafe_b64encode(derived))


@lru_cache(maxsize=8)
def _keyring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([_fernet(key) for key in keys])


def keyring() -> MultiFernet:
    """Return the keys of CREDENTIAL_KEYS, the first of which encrypts."""
    return _keyring(tuple(settings.CREDENTIAL_KEYS))


if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField


class EncryptedTextField(_TextField):
    """Text in Python, a Fernet token in the database. It cannot be searched, on purpose."""

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
