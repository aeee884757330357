"""An approval: found on the front page, read and given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.console.colleague import Colleague


class ApprovalRoom:
    """The page of an approval, as a second person uses it."""

    def __init__(self, colleague: Colleague) -> None:
        self._at = colleague

    def approves(self, heading: str, *, wait_until: Callable[..., Any]) -> None:
        """Find the request on the front page, read what it is about, and approve it.

        Args:
            heading: what the page says about earlier approvals.
            wait_until: waits until something holds; see `Workday.wait_until`.
        """
        self._at.open("/")
        self._at.look("to-approve")
        self._at.follow("Review")
        self._at.says(heading)
        wait_until(self._is_rehearsed, what="the rehearsal")
        self._at.look("approval")
        self._at.fill(comment="已核对")
        self._at.press("Approve")

    def _is_rehearsed(self) -> bool:
        self._at.page.reload()
        return bool(self._at.page.locator(".q-figure").count())
