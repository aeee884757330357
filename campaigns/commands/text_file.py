"""Reading the text of a template or snippet from a file."""

from __future__ import annotations

import sys
from pathlib import Path

from django.utils.translation import gettext as _

from foundation.refusals import Refusal

#: The most bytes that are read; no text may be so long.
MOST_BYTES = 1_000_000
STANDARD_INPUT = "-"


def read_text_file(path: str) -> str:
    """Return the text of a UTF-8 file, without the line end at its end; `-` is standard input.

    Raises:
        Refusal: there is no such file (`no_such_file`), it is too large (`file_too_large`), or it
            is not UTF-8 (`not_utf8`).
    """
    try:
        if path == STANDARD_INPUT:
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise Refusal(
            _("%(path)s cannot be read: %(problem)s.") % {"path": path, "problem": reason},
            code="no_such_file",
        ) from None
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
