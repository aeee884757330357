"""A token, its hash, and the mark at its end, which needs no query to be checked.

The web server admits a large body when it has read only the head, where no query may wait. The
mark says that this installation made the token; whether it is in force is asked as ever.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from django.utils.crypto import salted_hmac

#: What every token begins with, so that a scanner of leaked secrets knows one.
PREFIX = "qqc_"
LENGTH = 16
_SALT = "api.tokens.marks"
#: No token is longer.
LONGEST = 200


def new_secret() -> str:
    """Return a new token: the prefix, 256 random bits, the mark."""
    random = secrets.token_urlsafe(32)
    return f"{PREFIX}{random}{_mark_of(random)}"


def digest_of(secret: str) -> str:
    """Return the hash under which a token is stored; it has 256 random bits, so no salt."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def is_marked(secret: str) -> bool:
    """Return whether a token has the mark of this installation."""
    if not secret.startswith(PREFIX) or len(secret) > LONGEST or not secret.isascii():
        return False
    random, mark = secret[len(PREFIX) : -LENGTH], secret[-LENGTH:]
    return hmac.compare_digest(mark, _mark_of(random))


def _mark_of(random: str) -> str:
    return salted_hmac(_SALT, random, algorithm="sha256").hexdigest()[:LENGTH]
