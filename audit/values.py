"""Values as the trail stores them: short, JSON, and without secrets."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Field

from foundation.characters import UNSTORABLE
from foundation.masks import MASK

#: Columns whose values are not stored. An egress's proxy leads to the logins that pass through it.
SECRET_NAME = re.compile(
    r"passw|secret|token|proxy|credential|digest|otp|recovery|private|signature|webhook|session_key",
    re.IGNORECASE,
)
#: A user name and password in an address.
USER_INFO = re.compile(r"(?<=://)[^/\s]+@")
#: The most characters of a value.
LONGEST_VALUE = 4_000
#: Keys of values that are computed from others.
DERIVED_NAMES = re.compile(r"(^|_)key$|^last_login$|^last_used_at$")


def is_secret(field: Field[Any, Any]) -> bool:
    """Return whether a column's values are masked."""
    return bool(SECRET_NAME.search(field.name)) or "Encrypted" in type(field).__name__


def is_told(field: Field[Any, Any]) -> bool:
    """Return whether a change of a column is worth telling."""
    computed = getattr(field, "auto_now", False) or getattr(field, "generated", False)
    return not computed and not field.primary_key and not DERIVED_NAMES.search(field.name)


def masked(name: str, value: Any) -> Any:
    """Return a value for the trail; a secret only as whether there is one."""
    if SECRET_NAME.search(name):
        return MASK if value not in (None, "", b"") else value
    return plain(value)


def plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if value is None or isinstance(value, bool | int | float):
        is_large = isinstance(value, int) and abs(value) > 2**63
        is_number = value is None or not isinstance(value, float) or value - value == 0
        return value if is_number and not is_large else str(value)
    if isinstance(value, dict):
        return {_text(key): masked(str(key), one) for key, one in list(value.items())[:200]}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in list(value)[:200]]
    if isinstance(value, bytes | memoryview):
        return f"({len(value)} B)"
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return _text(value)


def _text(value: Any) -> str:
    text = USER_INFO.sub(f"{MASK}@", UNSTORABLE.sub("\ufffd", str(value)))
    if len(text) <= LONGEST_VALUE:
        return text
    return f"{text[:LONGEST_VALUE]}… ({len(text)})"
