"""The place in a list or a thread at which its next page begins."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from foundation.times import utc_iso


class Cursor(NamedTuple):
    """The place of a row: its time, the rank of its source at that time, and its key."""

    at: datetime
    rank: int
    pk: int

    @property
    def text(self) -> str:
        """The place as text, for a URL or a command."""
        return f"{utc_iso(self.at)}_{self.rank}_{self.pk}"


def read_cursor(text: str) -> Cursor:
    """Return the place that a text names.

    Raises:
        Refusal: it names none (`cursor_malformed`).
    """
    try:
        at, rank, pk = text.rsplit("_", 2)
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not 0 <= int(pk) < 2**63 or not 0 <= int(rank) < 10:
            raise ValueError
        return Cursor(moment, int(rank), int(pk))
    except (ValueError, OverflowError):
        raise Refusal(
            _("“%(text)s” is not the beginning of a page: take it from `next`.")
            % {"text": text[:80]},
            code="cursor_malformed",
        ) from None
