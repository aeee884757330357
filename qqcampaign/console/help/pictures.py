"""The pictures of docs/, and how large they are."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

from django.conf import settings

#: Where a PNG has its width and height, each in four bytes.
_SIZE_AT, _SIZE_ENDS = 16, 24


def folder() -> Path:
    """Return the folder of the pages."""
    return Path(settings.BASE_DIR) / "docs"


@cache
def pictures() -> dict[str, Path]:
    """Return the pictures of the pages by their names, such as "images/overview.png"."""
    return {file.relative_to(folder()).as_posix(): file for file in folder().rglob("*.png")}


@cache
def picture_size(name: str) -> tuple[int, ...]:
    """Return the width and height of a picture in pixels; nothing if there is no such picture."""
    file = pictures().get(name)
    if file is None:
        return ()
    with file.open("rb") as opened:
        return struct.unpack(">II", opened.read(_SIZE_ENDS)[_SIZE_AT:])
