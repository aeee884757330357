"""Tokens of the API, and the log of requests."""

from __future__ import annotations

import re

from tests.console.colleague import Colleague


class ApiRoom:
    """The pages of the API, as somebody uses them."""

    def __init__(self, colleague: Colleague) -> None:
        self._at = colleague

    def makes_token(self, name: str, *, scope: str) -> str:
        """Make a token by the form; return it as it is shown once."""
        self._at.open("/api/token/")
        self._at.look("tokens-empty")
        self._at.open("/api/token/add/")
        self._at.fill(name=name)
        self._at.page.locator("[name=scope]").select_option(scope)
        self._at.look("token")
        self._at.press("Save")
        said = self._at.page.locator("text=/qqc_\\S+/").first.inner_text()
        token = re.search(r"qqc_[A-Za-z0-9_-]+", said)
        assert token is not None, said
        self._at.look("token-made")
        return token[0]

    def logged(self, name: str) -> int:
        """Return how many requests of a token the log has."""
        self._at.open("/api/apirequest/")
        return int(self._at.page.locator("#result_list tr", has_text=name).count())
