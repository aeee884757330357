"""Reading a file that an argument names, or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from django.utils.translation import gettext as _

from foundation.refusals import Refusal

#: The most bytes that are read; no text may be so long.
MOST_BYTES = 1_000_000
STANDARD_INPUT = "-"


def read_bytes(path: str, *, most: int) -> bytes:
    """Return the bytes of a file, one more than the limit at most; `-` is standard input.

    Args:
        path: the file.
        most: the limit; the caller refuses a longer file.

    Raises:
        Refusal: the file cannot be read (`no_such_file`).
    """
    try:
        if path == STANDARD_INPUT:
            return sys.stdin.buffer.read(most + 1)
        with Path(path).open("rb") as file:
            return file.read(most + 1)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise Refusal(
            _("%(path)s cannot be read: %(problem)s.") % {"path": path, "problem": reason},
            code="no_such_file",
        ) from None


def read_text_file(path: str) -> str:
    """Return the text of a UTF-8 file, without the line end at its end; `-` is standard input.

    Raises:
        Refusal: there is no such file (`no_such_file`), it is too large (`file_too_large`), or it
            is not UTF-8 (`not_utf8`).
    """
    data = read_bytes(path, most=MOST_BYTES)
    if len(data) > MOST_BYTES:
        raise Refusal(
            _("%(path)s is too large for a text.") % {"path": path}, code="file_too_large"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal(
            _("%(path)s is not UTF-8. Save it as UTF-8 first.") % {"path": path}, code="not_utf8"
        ) from None
    return text.replace("\r\n", "\n").removesuffix("\n")
