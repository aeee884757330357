"""The meaning of result codes, for operators (RES in docs/protocol.md)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

CODE_MEANINGS: dict[str, Any] = {
    "": _("no answer yet"),
    "0": _("0: accepted"),
    "3": _("3: too fast, the account rests"),
    "5": _("5: illegal UIN"),
    "20": _("20: not logged in, the account logs in again"),
    "NULL": _("NULL: an empty answer, request repeated"),
    "timeout": _("timeout: no answer in time, request repeated"),
    "reset": _("reset: the connection broke, request repeated"),
    "malformed": _("malformed: not an answer to this request, request repeated"),
    "unreachable": _("unreachable: nothing was sent, tried again when the gateway can be reached"),
}


def code_meaning(code: str) -> Any:
    """Return a result code with its meaning, or the bare code if it has none here."""
    if code.startswith("HTTP_"):
        return gettext("HTTP %(status)s: the gateway's server failed, request repeated") % {
            "status": code.removeprefix("HTTP_")
        }
    return CODE_MEANINGS.get(code, code)
