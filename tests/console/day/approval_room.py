"""An approval: found on the front page, read and given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.console.colleague import Colleague


class ApprovalRoom:
    """The page of an approval, as a second person uses it."""

    def __init__(self, colleague: Colleague) -> None:
        self._at = colleague

    def approves(self, *, wait_until: Callable[..., Any], approved_by: str = "") -> None:
        """Find the request on the front page, read what it is about, and approve it.

        Args:
            wait_until: waits until something holds; see `Workday.wait_until`.
            approved_by: who approved it before; "" for nobody.
        """
        self._at.open("/")
        self._at.look("to-approve")
        self._at.follow("Review")
        told = approved_by or self._at.words("Never approved before")
        self._at.page.locator("#changes-title", has_text=told).wait_for()
        wait_until(self._is_rehearsed, what="the rehearsal")
        self._at.look("approval")
        self._at.fill(comment="已核对")
        self._at.press("Approve")

    def _is_rehearsed(self) -> bool:
        self._at.page.reload()
        return bool(self._at.page.locator(".q-figure").count())
