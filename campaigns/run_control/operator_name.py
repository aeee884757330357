"""The name of the operator who does something, in the sentences of timelines."""

from __future__ import annotations

from typing import Any

from foundation.sentences import Sentence as _


def operator_name(by: Any) -> str:
    """Return the name of an operator; None is the command line."""
    return str(by) if by is not None else _("the command line")
