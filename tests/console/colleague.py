"""Somebody at the console of a running stack, in a real browser and in either language."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from django.utils import translation
from django.utils.translation import gettext, ngettext, trans_real
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from qqcampaign.translations import our_messages
from tests.console.looking import IS_QUIET, WIDER, violations
from tests.counted_queries import HEADER

#: A folder for pictures of the pages that are looked at; none are taken without it.
PICTURES = os.environ.get("DAY_PICTURES", "")
#: Milliseconds that the browser waits for an element; the machine may be busy.
PATIENCE = 120_000
#: The most statements of a page, and of what a form does: a start plans and is audited. An approval
#: does a whole preflight: 101. None of them grows with the rows that are shown.
MOST_FOR_PAGE, MOST_FOR_ACT = 120, 250
LOCALES = {"en": "en-US", "zh-hans": "zh-CN"}
#: The document is not the one that was left, and has run its scripts.
IS_ANOTHER = "() => !window.isLeft && document.readyState === 'complete'"
#: How often a field that searches is clicked, and milliseconds in which it opens.
OPENED_AT_MOST, OPENS_WITHIN = 5, 3_000
#: The texts that a page shows, each without the elements beside it; an icon's text is its name.
TEXTS = """() => {
    const SPARED = 'script, style, code, pre, [class*=material-symbols], [action*=setlang]';
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = new Set();
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        const text = walker.currentNode.textContent.trim().replace(/\\s+/g, ' ');
        if (text && parent.checkVisibility() && !parent.closest(SPARED)) {
            found.add(text);
        }
    }
    return [...found];
}"""


class Colleague:
    """A user with a browser of their own, who signs in at once, and looks closely at every page.

    Args:
        chromium: the browser.
        address: of the console.
        name: of the user.
        password: of the user.
        language: "en" or "zh-hans": what the browser asks for.
    """

    def __init__(
        self, chromium: Any, address: str, *, name: str, password: str, language: str
    ) -> None:
        self._address, self._name, self._language = address, name, language
        self._looks, self._is_refused = 0, False
        self.problems: list[str] = []
        self.most: dict[str, int] = {}
        context = chromium.new_context(
            viewport={"width": 1366, "height": 900},
            locale=LOCALES[language],
            reduced_motion="reduce",
        )
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self._note(f"script: {error}"))
        self.page.on("console", self._hear)
        self.page.on("response", self._count)
        self.page.goto(address)
        self.look("login")
        self.page.fill("input[name=username]", name)
        self.page.fill("input[name=password]", password)
        self.page.click("#login-form button[type=submit]")
        self.page.locator("#overview").wait_for()

    # --- words ---------------------------------------------------------------------------------

    def words(self, english: str, **values: object) -> str:
        """Return a sentence of the console in the language of this user."""
        with translation.override(self._language):
            return gettext(english) % values if values else gettext(english)

    def counted(self, one: str, many: str, n: int, **values: object) -> str:
        """Return a sentence with a number in the language of this user."""
        with translation.override(self._language):
            return ngettext(one, many, n) % {"n": n, **values}

    # --- doing ---------------------------------------------------------------------------------

    def open(self, path: str) -> Any:
        """Open an address of the console; return the answer."""
        return self.page.goto(self._address + path)

    def is_refused(self, path: str) -> None:
        """Open an address that this user may not open, and see that."""
        self._is_refused = True
        status = self.open(path).status
        assert status == 403, (path, status)

    def go(self, title: str) -> None:
        """Follow an entry of the menu, whose group is opened if need be."""
        shown = self.page.get_by_text(self.words(title), exact=True)
        link = self.page.locator("#nav-sidebar a").filter(has=shown).first
        if not link.is_visible():
            group = self.page.locator("#nav-sidebar-apps div:has(> h2 > button)").filter(has=shown)
            group.locator("h2 > button").click()
        self.leads(link)

    def follow(self, english: str) -> None:
        """Follow a link of the page."""
        links = self.page.locator("#main a:visible")
        self.leads(links.filter(has_text=self.words(english)).first)

    def press(self, english: str) -> None:
        """Press a button that leads to another page."""
        self.leads(self.button(english))

    def button(self, english: str) -> Any:
        """Return a button of the page."""
        name = self.words(english)
        return self.page.locator("#main").get_by_role("button", name=name, exact=True).first

    def leads(self, control: Any) -> None:
        """Click what leads to another page, and wait until that one has its scripts.

        A page may change its own address meanwhile, so the document tells whether it is another.
        """
        self.page.evaluate("window.isLeft = true")
        control.click()
        self.page.wait_for_function(IS_ANOTHER)

    def waits(self) -> None:
        """Leave the console open nowhere: its pages ask for news, which loads the machine."""
        self.page.goto("about:blank")

    def fill(self, **values: object) -> None:
        """Fill in fields by their names."""
        for name, value in values.items():
            self.page.fill(f"[name={name}]", str(value))

    def choose(self, field: str, name: str) -> None:
        """Choose a row in a field that searches as one types."""
        search = self.page.locator(".select2-container--open .select2-search__field").first
        for _again in range(OPENED_AT_MOST):
            self.page.locator(f".field-{field} .select2-selection").first.click()
            try:
                search.wait_for(timeout=OPENS_WITHIN)
                break
            except PlaywrightTimeoutError:
                continue  # clicked before its script had come
        search.press_sequentially(name)
        found = self.page.locator(".select2-container--open .select2-results__option")
        found.filter(has_text=name).first.click()

    def unfold(self, title: str) -> None:
        """Open a section of a form."""
        self.page.locator("#main").get_by_text(self.words(title), exact=True).first.click()

    def run_action(self, value: str, *rows: str) -> None:
        """Choose rows of a list by a text in each, all without one, and run an action on them."""
        for row in rows:
            self.page.locator("tr", has_text=row).locator(".action-select").check()
        if not rows:
            self.page.locator("#action-toggle").check()
        self.page.locator("select[name=action]").select_option(value)
        self.press("Run")

    # --- looking -------------------------------------------------------------------------------

    def says(self, english: str, **values: object) -> None:
        """Wait until the page says something."""
        self.page.get_by_text(self.words(english, **values)).first.wait_for()

    def shows(self, text: str) -> None:
        """Wait until the page shows a text that is the same in every language."""
        self.page.get_by_text(text).first.wait_for()

    def look(self, name: str) -> None:
        """Look closely at the page: axe, its width, and words that are not in the language."""
        self._looks += 1
        self.page.wait_for_load_state()
        self.page.wait_for_function(IS_QUIET)
        if PICTURES:
            picture = f"{self._language}-{self._name}-{self._looks:02}-{name}.png"
            self.page.screenshot(path=f"{PICTURES}/{picture}", full_page=True)
        # A part that was just being replaced is looked at again.
        if (found := violations(self.page)) and (again := violations(self.page)):
            for line in sorted({*found} & {*again}):
                self._note(f"{name}: {line}")
        if (wider := self.page.evaluate(WIDER)) > 0:
            self._note(f"{name}: {wider} pixels wider than the window")
        if self._language != "en":
            shown = set(self.page.evaluate(TEXTS)) - {self._name}
            for text in sorted(shown & _translated(self._language)):
                self._note(f"{name}: still in English: {text}")

    def _count(self, answer: Any) -> None:
        n = int(answer.headers.get(HEADER.lower(), 0))
        path = answer.url.removeprefix(self._address).partition("?")[0]
        key = f"{answer.request.method} {path}"
        self.most[key] = max(n, self.most.get(key, 0))
        if n > (MOST_FOR_PAGE if answer.request.method == "GET" else MOST_FOR_ACT):
            self._note(f"{answer.request.method} {answer.url}: {n} statements")
        if answer.status >= 500:
            self._note(f"{answer.url}: {answer.status}")

    def _hear(self, message: Any) -> None:
        if message.type == "error" and not (self._is_refused and "403" in message.text):
            self._note(f"console of the browser: {message.text} {message.location}")

    def _note(self, problem: str) -> None:
        self.problems.append(f"{self._name}: {problem}")


@cache
def _translated(language: str) -> frozenset[str]:
    """Return the English sentences of the console that have other words in a language."""
    catalogue = trans_real.translation(language)._catalog  # type: ignore[attr-defined]
    said = ((one, catalogue.get(one)) for one in our_messages() if isinstance(one, str))
    return frozenset(one for one, other in said if other is not None and other != one)
