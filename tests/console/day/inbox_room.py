"""The inbox: a conversation opened, read and answered."""

from __future__ import annotations

from typing import Any

from tests.console.colleague import Colleague


class InboxRoom:
    """The inbox, as somebody uses it."""

    def __init__(self, colleague: Colleague) -> None:
        self._at = colleague

    def opens(self, words: str) -> None:
        """Open the conversation whose last message says something."""
        self._at.go("Inbox")
        self._at.leads(self._at.page.locator("[data-conversation]", has_text=words))

    def reply(self) -> Any:
        """Return the field for an answer, which is offered to those who may answer."""
        return self._at.page.locator("[data-reply]")

    def answers(self, text: str) -> None:
        """Answer, and stay on the page until it shows by itself that the answer is sent."""
        self._at.fill(text=text)
        self._at.press("Send")
        answer = self._at.page.locator(".q-bubble.q-ours", has_text=text)
        answer.locator(".q-badge.success", has_text=self._at.words("sent")).wait_for()
