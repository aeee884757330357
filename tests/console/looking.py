"""What is looked at on an open page in a real browser, whoever opened it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

#: Nothing is being loaded any more: what is, is dimmed. Fonts come late on a busy machine.
IS_QUIET = (
    "() => !document.querySelector('[aria-busy=\"true\"]') && document.fonts.status === 'loaded'"
)
#: By how many pixels the page is wider than its window.
WIDER = "document.documentElement.scrollWidth - innerWidth"
#: Places that are told of each rule that axe finds broken.
_MOST_PLACES = 3
#: Icons are words in a font, and read as text by mistake. What they stand for has a name.
_CONTEXT = {"exclude": [[".material-symbols-outlined"]]}


def violations(page: Any) -> list[str]:
    """Return a line for each place of the page that axe objects to."""
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]}"
        for one in Axe().run(page, _CONTEXT).response["violations"]
        for node in one["nodes"][:_MOST_PLACES]
    ]
