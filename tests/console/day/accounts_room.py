"""Accounts: imported from a file, synced, their friend requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.console.colleague import Colleague


class AccountsRoom:
    """The pages of accounts, as somebody uses them."""

    def __init__(self, colleague: Colleague) -> None:
        self._at = colleague

    def imports(self, file: Path) -> None:
        """Import accounts from a file, and go to their list."""
        self._at.follow("Import accounts")
        self._at.look("import-accounts")
        self._at.page.set_input_files("input[name=file]", file)
        self._at.button("Import").click()  # the result takes the place of the form
        self._at.says("Result of the import")
        self._at.look("imported-accounts")
        self._at.follow("To the accounts")

    def syncs_all(self) -> None:
        """Let every account fetch its friends, and watch the list until all have.

        The list follows by itself, although nobody loads it again.
        """
        self._at.run_action("act_sync")
        self._at.page.locator("[data-follow]").wait_for(state="detached")
        self._at.look("accounts")

    def online(self) -> Any:
        """Return the rows of the accounts that are online."""
        rows = self._at.page.locator("#result_list tbody tr")
        return rows.filter(has_text=self._at.words("online"))

    def accepts(self, uin: int, words: str) -> None:
        """Accept a friend request."""
        self._at.go("Friend requests")
        self._at.shows(words)
        self._at.look("friend-requests")
        self._at.run_action("act_accept", str(uin))
