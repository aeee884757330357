"""A request with an Idempotency-Key is carried out once (decision 0041).

The answer is stored in the transaction of what it changes. So whatever dies in between, either both
are there, or neither is.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from api.models import StoredAnswer
from api.pipeline.operation import Answer
from api.pipeline.problems import Problem
from clocks import shared

HEADER = "Idempotency-Key"
#: What a key may be.
FORM = r"^[A-Za-z0-9._~:-]{1,100}$"
#: How long an answer is kept.
KEPT = timedelta(hours=24)
_lock = threading.Lock()
_under_way: set[tuple[int, str]] = set()


def key_of(text: str | None) -> str | None:
    """Return the key in the header; None if there is none.

    Raises:
        Problem: 400; it does not have the form of a key.
    """
    if text is None:
        return None
    if not re.fullmatch(FORM, text):
        raise Problem(
            400,
            _("An Idempotency-Key has 1 to 100 letters, digits, or one of . _ ~ : -"),
            code="wrong_value",
            field=HEADER,
        )
    return text


def hash_of(method: str, address: str, body: bytes, upload: Path | None = None) -> str:
    """Return the hash of what is asked for."""
    asked = hashlib.sha256(f"{method} {address}\n".encode("utf-8", "surrogatepass") + body)
    if upload is not None:
        with upload.open("rb") as file:
            asked.update(hashlib.file_digest(file, "sha256").digest())
    return asked.hexdigest()


@contextmanager
def alone(*, user: Any, key: str | None) -> Iterator[None]:
    """Refuse a second request with the same key while the first is under way in this process.

    Raises:
        Problem: 409; another request with the key is under way.
    """
    if key is None:
        yield
        return
    held = (user.pk, key)
    with _lock:
        if held in _under_way:
            raise _key_in_use()
        _under_way.add(held)
    try:
        yield
    finally:
        with _lock:
            _under_way.discard(held)


def stored_answer(*, user: Any, key: str, request_hash: str) -> Answer | None:
    """Return the answer that a request with this key had; None if there was none.

    Called in the transaction of the request. On PostgreSQL a lock that ends with the transaction
    keeps out other processes' requests with the key. On SQLite the transaction itself is that lock:
    such a request waits for it, and finds the answer here.

    Raises:
        Problem: a request with the key is under way (409), or it was for something else (422).
    """
    if connection.vendor == "postgresql":
        number = int.from_bytes(
            hashlib.sha256(f"api:{user.pk}:{key}".encode()).digest()[:8], signed=True
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
            row = cursor.fetchone()
        if row is None or not row[0]:
            raise _key_in_use()
    known = StoredAnswer.objects.filter(user=user, key=key).first()
    if known is None:
        return None
    if known.at <= shared.wall() - KEPT:
        known.delete()
        return None
    if known.request_hash != request_hash:
        raise Problem(
            422,
            _("This Idempotency-Key was used for another request. Take a new one for a new one."),
            code="key_used",
            field=HEADER,
        )
    return Answer(json.loads(known.body), known.status)


def store_answer(*, user: Any, key: str, request_hash: str, answer: Answer) -> None:
    """Store the answer of a request, in its transaction."""
    StoredAnswer.objects.create(
        user=user,
        key=key,
        request_hash=request_hash,
        status=answer.status,
        body=json.dumps(answer.data, default=str),
        at=shared.wall(),
    )


def forget_old_answers() -> int:
    """Delete answers older than KEPT; return how many. A tick does it."""
    old = StoredAnswer.objects.filter(at__lte=shared.wall() - KEPT)
    keys = list(old.values_list("pk", flat=True)[:5_000])
    return StoredAnswer.objects.filter(pk__in=keys).delete()[0]


def _key_in_use() -> Problem:
    return Problem(
        409,
        _("A request with this Idempotency-Key is under way: wait for its answer."),
        code="key_in_use",
        headers={"Retry-After": "1"},
    )
