"""The wording of delivery reasons, for the command line, the console and the person's page."""

from __future__ import annotations

from typing import Any

from sending.code_meanings import code_meaning
from sending.states import Reason


def reason_text(reason: str) -> Any:
    """Return why a delivery was skipped, failed or is unknown, in the operator's language.

    Args:
        reason: a value of `Reason`, a result code (`NULL`, `RES_5`), or "".

    Returns:
        the label or the meaning; a code without one is returned unchanged.
    """
    if reason in Reason.values:
        return Reason(reason).label
    if not reason:
        return ""
    is_res = reason.startswith("RES_")
    meaning = code_meaning(reason.removeprefix("RES_"))
    return f"RES={meaning}" if is_res else meaning
