"""The list of erased people, kept outside the database: a restored backup does not know of them.

Each line is a time and a keyed hash of a UIN. Without the keys in CREDENTIAL_KEYS it says nothing
about anybody. The database has the same list in clear, as suppressions: see `complete_list`.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from clocks import shared
from contacts.models import Suppression, SuppressionReason

log = logging.getLogger(__name__)


def erasures_file() -> Path:
    """Return the path of this host's list."""
    return Path(settings.QQCAMPAIGN_HOME) / "erasures"


def note_erasures(uins: Iterable[int]) -> None:
    """Add people to the list. A file that cannot be written is logged: the nightly tick retries."""
    at = f"{shared.wall():%Y-%m-%dT%H:%M:%SZ}"
    text = "".join(f"{at} {_hash(settings.CREDENTIAL_KEYS[0], uin)}\n" for uin in uins)
    path = erasures_file()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "a", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        log.warning("An erasure could not be added to %s: %s", path, problem.strerror)


def complete_list() -> int:
    """Add the erased people of the database that this host's list lacks; return how many.

    Another host may have erased them, the file could not be written then, or they are on it under
    an old key only.
    """
    known = read_list(erasures_file()) or set()
    erased = Suppression.objects.filter(reason=SuppressionReason.ERASED).values_list(
        "uin", flat=True
    )
    newest = settings.CREDENTIAL_KEYS[0]
    missing = [uin for uin in erased.distinct() if _hash(newest, uin) not in known]
    if missing:
        note_erasures(missing)
    return len(missing)


def read_list(path: Path) -> set[str] | None:
    """Return the hashes of a list; None if there is no such file."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return {line.split()[-1] for line in lines if line.strip()}


def is_listed(uin: int, hashes: set[str]) -> bool:
    """Return whether a person is on a list, under any of the keys."""
    return any(_hash(key, uin) in hashes for key in settings.CREDENTIAL_KEYS)


def listed(uins: Iterable[int], hashes: set[str]) -> Iterator[int]:
    """Yield those of these people who are on a list."""
    return (uin for uin in uins if is_listed(uin, hashes))


def _hash(key: str, uin: int) -> str:
    secret = hashlib.sha256(b"qqcampaign erasures" + key.encode()).digest()
    return hmac.new(secret, str(uin).encode("ascii"), hashlib.sha256).hexdigest()
