"""A campaign's page: its states, its verbs and its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.console.colleague import Colleague


class CampaignRoom:
    """The pages of the only campaign, as somebody uses them."""

    def __init__(self, colleague: Colleague) -> None:
        self._at = colleague

    @staticmethod
    def address(page: str) -> str:
        """Return the path of a page of the campaign."""
        return f"/campaigns/campaign/1/{page}/"

    def opens(self, page: str = "page") -> None:
        """Open a page of the campaign."""
        self._at.open(self.address(page))

    def is_in(self, state: str) -> None:
        """Wait until the page, which follows by itself, shows a state."""
        self._at.page.locator(".q-badge", has_text=self._at.words(state)).first.wait_for()

    def sends_nothing(self) -> None:
        """Wait until the page shows that no request is in flight."""
        sending = self._at.page.locator(".q-figure[href*='state__exact=sending'] b")
        sending.filter(has_text="0").wait_for()

    def does(self, verb: str) -> None:
        """Press a verb, and confirm it."""
        self._at.leads(self._at.page.locator(f"#main a[href*='/do/{verb}/']").first)
        self._at.look(f"ask-{verb}")
        self._at.leads(self._at.page.locator("main form button[type=submit]").first)

    def asks_for(self, verb: str) -> None:
        """Press a verb that needs an approval first."""
        self.opens()
        self.does(verb)
        words = self._at.words("Open approval")
        self._at.page.locator("#main a", has_text=words).wait_for()

    def needs_approval(self) -> None:
        """Set that somebody else approves, which is not among the steps."""
        self._at.follow("All settings")
        self._at.unfold("Labels and approval")
        self._at.page.check("[name=needs_approval]")
        self._at.look("settings")
        self._at.press("Save")

    def sets(self, section: str = "", **values: object) -> None:
        """Change settings, in a section that is folded if it is named."""
        self.opens("change")
        if section:
            self._at.unfold(section)
        self._at.fill(**values)
        self._at.press("Save")

    def verbs(self) -> Any:
        """Return the verbs that are offered."""
        return self._at.page.locator(f"#main a[href*='{self.address('do')}']")

    def report(self) -> list[str]:
        """Return the lines of the report as CSV."""
        self.opens()
        with self._at.page.expect_download() as download:
            self._at.page.locator("#main a", has_text="CSV").first.click()
        return Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
