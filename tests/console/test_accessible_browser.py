"""axe finds nothing on the console's pages, in light and in dark, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.console.every_page import pages
from tests.console.every_row import make_every_row
from tests.console.looking import IS_QUIET, WIDER, violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(2400),
    pytest.mark.one_database,  # Templates and styles are the same on both.
]

#: Pages that each run walks, whatever else it leaves out.
OFTEN = (
    "index",
    "campaigns_campaign_page",
    "campaigns_campaign_change",
    "campaigns_campaign_step-what",
    "campaigns_messagetemplate_change",
    "contacts_contact_change",
    "contacts_segment_change",
    "accounts_account_changelist",
    "sending_delivery_changelist",
    "deliveries-panel",
    "conversation",
    "help-page-console",
)
#: The most that a page's layout may shift while it loads (cumulative layout shift).
MOST_SHIFTED = 0.05
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 780}
#: Milliseconds that a page has to follow a new width: its scripts are told of it a moment later.
TO_FOLLOW = 2_000
#: Icons that our font does not have: the browser writes their names.
ICONS_AS_WORDS = """() => [...document.querySelectorAll('[class*=material-symbols]')]
    .filter((one) => one.offsetWidth > 1.7 * parseFloat(getComputedStyle(one).fontSize)
        && one.scrollWidth > 1.7 * parseFloat(getComputedStyle(one).fontSize)
        && !one.children.length && one.textContent.trim().length > 2)
    .map((one) => one.textContent.trim())"""
NOTE_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => list.getEntries().forEach((one) => {
    if (!one.hadRecentInput) { window.shifted += one.value; }
})).observe({ type: 'layout-shift', buffered: true });
"""


@pytest.fixture(params=["light", pytest.param("dark", marks=pytest.mark.exhaustive)])
def visitor(chromium: Any, live_server: Any, clean_redis: Any, request: Any) -> Iterator[Any]:
    """A page of a signed-in operator in one of the colour schemes."""
    scheme = request.param
    context = chromium.new_context(
        viewport=DESK,
        color_scheme=scheme,
        locale="en-US",
        reduced_motion="reduce",
    )
    context.add_init_script(NOTE_SHIFTS)
    context.add_init_script(f"localStorage.setItem('_x_adminTheme', JSON.stringify('{scheme}'))")
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.address = live_server.url
    yield page
    context.close()


@pytest.mark.parametrize(
    "every",
    [pytest.param(6, marks=pytest.mark.partial), pytest.param(1, marks=pytest.mark.exhaustive)],
)
def test_axe_finds_nothing_and_nothing_jumps_or_overflows(visitor: Any, every: int) -> None:
    """Each page of `OFTEN` and each `every`th of the others."""
    shown = pages(make_every_row())
    chosen = [name for n, name in enumerate(sorted(shown)) if n % every == 0 or name in OFTEN]
    assert set(OFTEN) <= set(chosen)
    visitor.goto(f"{visitor.address}/login/")
    visitor.wait_for_load_state("load")
    found = [f"login: {line}" for line in violations(visitor)]
    visitor.fill("input[name=username]", "小王")
    visitor.fill("input[name=password]", "x")
    visitor.click("#login-form button[type=submit]")
    visitor.locator("#overview").wait_for()
    for name in chosen:
        found += _found_on(visitor, name, shown[name])
    assert not found, "\n" + "\n".join(found)


def _found_on(visitor: Any, name: str, where: str) -> list[str]:
    """Return what is wrong with a page: a line for each."""
    answer = visitor.goto(f"{visitor.address}{where}")
    assert answer is None or answer.ok or name == "missing", (where, answer.status)
    if "#delivery-" in where:
        visitor.locator("#story").wait_for()
    visitor.wait_for_function(IS_QUIET)
    found = [f"{where}: {line}" for line in violations(visitor)]
    if (shift := _least_shift(visitor, where)) > MOST_SHIFTED:
        found.append(f"{where}: its layout shifts by {shift:.3f}")
    if words := visitor.evaluate(ICONS_AS_WORDS):
        found.append(f"{where}: the font of the icons has no {words}")
    return found + _too_wide(visitor, where)


def _least_shift(visitor: Any, where: str) -> float:
    """Return how far the layout of an open page shifted; opened once more if that was too much.

    On a busy machine a script may come when the page is painted already.
    """
    shift = float(visitor.evaluate("window.shifted"))
    if shift <= MOST_SHIFTED or "#" in where:
        return shift
    visitor.goto(f"{visitor.address}{where}")
    visitor.wait_for_function(IS_QUIET)
    return min(shift, float(visitor.evaluate("window.shifted")))


def _too_wide(visitor: Any, where: str) -> list[str]:
    """Return a line if a page that is open is wider than a phone."""
    visitor.set_viewport_size(PHONE)
    try:
        visitor.wait_for_function(f"() => {WIDER} <= 0", timeout=TO_FOLLOW)
    except PlaywrightTimeoutError:
        return [f"{where}: {visitor.evaluate(WIDER)} pixels wider than a phone"]
    finally:
        visitor.set_viewport_size(DESK)
    return []
