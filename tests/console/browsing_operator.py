"""Somebody at the console in a real browser, who goes by the words that it shows."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from tests.console.figures_on_page import assert_figures_lead_to_rows


class BrowsingOperator:
    """A user with a browser of their own, who signs in at once.

    Args:
        chromium: the browser.
        address: of the console.
        user: the user; the password is the name.
        pictures: a folder for pictures of the pages that are looked at; "" for none.
    """

    def __init__(self, chromium: Any, address: str, user: User, *, pictures: str = "") -> None:
        self._user, self._pictures = user, pictures
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        self.page = context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.set_default_timeout(15_000)
        self.page.goto(address)
        self.page.fill("input[name=username]", user.username)
        self.page.fill("input[name=password]", user.username)
        self.page.click("button[type=submit]:has-text('Log in')")

    def go(self, title: str) -> None:
        """Follow a link of the sidebar."""
        links = self.page.locator("#nav-sidebar a")
        link = links.filter(has=self.page.get_by_text(title, exact=True)).first
        if not link.is_visible():
            groups = self.page.locator("#nav-sidebar-apps h2 + ol")
            group = groups.filter(has=self.page.get_by_text(title, exact=True)).first
            group.locator("xpath=preceding-sibling::h2/button").click()
        link.click()
        self.page.wait_for_load_state()

    def add(self, what: str) -> None:
        """Follow the link to the form of a new row."""
        self.page.get_by_title(f"Add {what}").first.click()
        self.page.wait_for_load_state()

    def follow(self, words: str) -> None:
        """Follow a link of the page."""
        self.page.wait_for_load_state()
        self.page.locator("a:visible:not(#nav-sidebar a)", has_text=words).first.click()
        self.page.wait_for_load_state()

    def press(self, words: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=words, exact=True).first.click()
        self.page.wait_for_load_state()

    def fill(self, **values: object) -> None:
        """Fill in fields by their names."""
        for name, value in values.items():
            self.page.fill(f"[name={name}]", str(value))

    def choose(self, field: str, *names: object) -> None:
        """Choose rows in a field that searches as one types."""
        for name in names:
            self.page.locator(f".field-{field} .select2-selection").first.click()
            self.page.keyboard.type(str(name))
            found = self.page.locator(".select2-container--open .select2-results__option")
            found.filter(has_text=str(name)).first.click()
            self.page.locator(f".field-{field}", has_text=str(name)).first.wait_for()

    def unfold(self, title: str) -> None:
        """Open a section of the form."""
        self.page.get_by_text(title, exact=True).first.click()

    def save(self) -> None:
        """Save the form."""
        self.press("Save")
        errors = self.page.locator(".errorlist, .errornote").all_inner_texts()
        assert not errors, errors

    def says(self, words: str) -> None:
        """Wait until the page says something."""
        self.page.get_by_text(words).first.wait_for()

    def look(self, name: str, *, least: int = 1) -> None:
        """Look at the figures of the page; each must lead to its rows."""
        if self._pictures:
            self.page.screenshot(path=f"{self._pictures}/{name}.png", full_page=True)
        assert_figures_lead_to_rows(self.page, user=self._user, least=least)
