"""ETags: what was read is not sent again, and what changed meanwhile is not overwritten."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.utils.translation import gettext as _

from api.pipeline.problems import Problem


def body_of(data: Any) -> bytes:
    """Return data as the JSON that is sent."""
    return json.dumps(data, ensure_ascii=False, default=str).encode("utf-8", "replace")


def etag_of(body: bytes) -> str:
    """Return the ETag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_among(etag: str, header: str) -> bool:
    """Return whether an ETag is among those of a header If-Match or If-None-Match."""
    named = [one.strip().removeprefix("W/") for one in header.split(",")]
    return "*" in named or etag in named


def refuse_changed(header: str, *, now: bytes) -> None:
    """Refuse a change whose If-Match does not name what there is now.

    Raises:
        Problem: 412.
    """
    if not is_among(etag_of(now), header):
        raise Problem(
            412,
            _("It was changed since it was read: read it again, then change it."),
            code="changed_meanwhile",
            field="If-Match",
            headers={"ETag": etag_of(now)},
        )
