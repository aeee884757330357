"""The colours of result codes."""

from __future__ import annotations

CODE_COLOURS = {
    "": "info",
    "0": "success",
    "3": "warning",
    "5": "danger",
    "20": "warning",
    "NULL": "warning",
    "timeout": "warning",
    "reset": "warning",
    "malformed": "warning",
    "unreachable": "warning",
}
