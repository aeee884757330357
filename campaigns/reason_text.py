"""The wording of delivery reasons, for the command line, the console and the person's page."""

from __future__ import annotations

from typing import Any

from sending.code_meanings import CODE_MEANINGS, code_meaning
from sending.states import Reason


def code_of_reason(reason: str) -> str:
    """Return the result code that a reason names (`NULL`, `RES_5`); "" if it names none."""
    code = reason.removeprefix("RES_")
    is_code = code != reason or code in CODE_MEANINGS or code.startswith("HTTP_")
    return code if is_code else ""


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
