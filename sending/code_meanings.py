"""What result codes mean, for people: said where the code is shown (protocol: RES)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

CODE_MEANINGS: dict[str, Any] = {
    "": _("no answer yet"),
    "0": _("0: accepted"),
    "3": _("3: too fast, the account rests"),
    "5": _("5: illegal UIN"),
    "20": _("20: not logged in, logs in again"),
    "NULL": _("NULL: an empty answer, asked again"),
    "timeout": _("timeout: no answer in time, asked again"),
    "reset": _("reset: the connection broke, asked again"),
    "malformed": _("malformed: not the answer to this request, asked again"),
    "unreachable": _("unreachable: nothing was sent, tried again when the gateway is back"),
}


def code_meaning(code: str) -> Any:
    """Return the code with what it means; a code nobody has explained stands alone."""
    if code.startswith("HTTP_"):
        return gettext("HTTP %(status)s: the gateway's server failed, asked again") % {
            "status": code.removeprefix("HTTP_")
        }
    return CODE_MEANINGS.get(code, code)
