"""How long the messages of a campaign wait for their person to be online."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from foundation.spans import read_span

#: The longest wait.
LONGEST_WAIT = timedelta(days=30)


def read_online_wait(text: str) -> int:
    """Return a wait in seconds.

    Args:
        text: the wait, as 90m, 6h or 2d.

    Raises:
        Refusal: it cannot be read, or is longer than 30 days (`online_wait_malformed`).
    """
    seconds = read_span(text)
    if seconds is None or not 0 < seconds <= LONGEST_WAIT.total_seconds():
        raise Refusal(
            _(
                "The wait for people to be online “%(text)s” cannot be read: write a time like "
                "90m, 6h or 2d, at most 30 days."
            )
            % {"text": text[:100]},
            code="online_wait_malformed",
            field="online_within",
        )
    return seconds


def refuse_wait_and_test(*, waits: bool, tests: bool) -> None:
    """Refuse a campaign that waits for people to be online and tests its variants first.

    The test would be over only when all of its people had been online.

    Raises:
        Refusal: it does both (`online_wait_and_test`).
    """
    if waits and tests:
        raise Refusal(
            _(
                "A campaign that tests its variants first cannot wait for people to be online: "
                "turn one of them off."
            ),
            code="online_wait_and_test",
            field="online_within",
        )
