"""A campaign made step by step."""

from __future__ import annotations

from datetime import datetime

from tests.console.colleague import Colleague


class StepsRoom:
    """The five steps, as somebody goes through them."""

    def __init__(self, colleague: Colleague) -> None:
        self._at = colleague

    def says_who(self, *, name: str, people_list: str, people: int) -> None:
        """Name the campaign and choose its list; the people are counted beside it."""
        self._at.open("/campaigns/campaign/new/")
        self._at.fill(name=name)
        self._at.choose("lists", people_list)
        self._at.page.locator(".q-step-result b", has_text=str(people)).first.wait_for()
        self._at.look("step-who")
        self._at.press("Next step")

    def says_what(self, *, template: str) -> None:
        """Choose a template in place of a text."""
        self._at.page.locator("details.q-step-more summary").click()
        self._at.choose("template", template)
        self._at.look("step-what")
        self._at.press("Next step")

    def leaves_senders(self) -> None:
        """Let all accounts send."""
        self._at.look("step-senders")
        self._at.press("Next step")

    def says_when(self, moment: datetime) -> None:
        """Set the beginning, which the calendar beside it marks."""
        self._at.fill(starts_at_0=f"{moment:%Y-%m-%d}", starts_at_1=f"{moment:%H:%M}")
        self._at.page.locator(".q-month td.starts").wait_for()
        self._at.look("step-when")
        self._at.press("Next step")

    def checks(self, *, text: str) -> None:
        """See the text as a person gets it."""
        self._at.shows(text)
        self._at.look("step-check")
