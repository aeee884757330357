"""axe finds nothing on the console's pages, in light and in dark, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.apps import apps
from django.contrib.auth.models import User

from campaigns.models import HolidayCalendar, HolidayKind
from tests import screenshots
from tests.console.whole_world import make_whole_world

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
    pytest.mark.one_database,  # Templates and styles are the same on both.
]

#: Addresses with keys of `tests.console.whole_world`: each shared template and each kind of page.
PAGES = [
    "",
    "?tour=1",
    "help/",
    "help/?q=pause",
    "help/pages/working/",
    "help/pages/codes/",
    "help/pages/cli/",
    "reports/",
    "reports/saved/",
    "campaigns/campaign/",
    "campaigns/campaign/add/",
    "campaigns/campaign/{campaign}/page/",
    "campaigns/campaign/{variants}/page/",
    "campaigns/campaign/{variants}/figures/",
    "campaigns/campaign/{approval}/preflight/",
    "campaigns/campaign/{approval}/approval/",
    "campaigns/campaign/{campaign}/change/",
    "campaigns/campaign/{campaign}/history/",
    "campaigns/campaign/{campaign}/retry/",
    "campaigns/campaign/{campaign}/test/",
    "campaigns/campaign/{draft}/clone/",
    "campaigns/campaign/import/",
    "campaigns/campaign/new/",
    "campaigns/campaign/{draft}/steps/who/",
    "campaigns/campaign/{draft}/steps/what/",
    "campaigns/campaign/{draft}/steps/senders/",
    "campaigns/campaign/{draft}/steps/when/",
    "campaigns/campaign/{draft}/steps/check/",
    "campaigns/sequence/",
    "campaigns/sequence/{sequence}/page/",
    "campaigns/messagetemplate/{template}/change/",
    "campaigns/snippet/",
    "sending/delivery/",
    "sending/delivery/{delivery}/change/",
    "sending/delivery/?state__exact=sent#delivery-{delivery}",
    "sending/attempt/",
    "sending/optoutword/",
    "contacts/contact/",
    "contacts/contact/{person}/change/",
    "contacts/contactlist/",
    "contacts/segment/add/",
    "contacts/contactimport/",
    "contacts/contactimport/upload/",
    "contacts/suppression/",
    "accounts/account/",
    "accounts/account/?wrong=needs-somebody",
    "accounts/account/{account}/change/",
    "accounts/accountpool/add/",
    "accounts/friend/search/",
    "accounts/friendrequest/",
    "accounts/worker/",
    "conversations/conversation/",
    "conversations/conversation/?c={conversation}",
    "conversations/replyrule/{rule}/change/",
    "labels/label/",
    "auth/user/",
]


#: The most that a page's layout may shift while it loads (cumulative layout shift).
MOST_SHIFTED = 0.05
#: Pages that shift more, by 0.16 at most: their scripts hide rows that are not used yet.
STILL_SHIFTING = (
    "campaigns/messagetemplate/{template}/change/",
    "campaigns/messagetemplate/{first}/change/",
    "campaigns/sequence/add/",
    "accounts/accountpool/{pool}/change/",
)
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
        viewport={"width": 1280, "height": 900},
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


def test_axe_finds_nothing(visitor: Any) -> None:
    keys = make_whole_world()
    visitor.goto(f"{visitor.address}/login/")
    visitor.wait_for_load_state("load")
    found = _violations(visitor, "login/")
    found += _violations_of(visitor, PAGES, keys)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.exhaustive
def test_axe_finds_nothing_on_any_other_page(visitor: Any) -> None:
    """Every page that `make screenshots` takes, every list among them."""
    keys = make_whole_world()
    calendar, _is_new = HolidayCalendar.objects.get_or_create(name="中国 2026")
    calendar.dates.get_or_create(date=date(2026, 10, 1), kind=HolidayKind.HOLIDAY, name="国庆节")
    others = [
        one
        for one in (*screenshots.PAGES.values(), *screenshots.FILLED_PAGES.values())
        if one not in PAGES and one not in ("login/", "nowhere/")
    ]
    # The demo's first rows may have other keys here.
    others = [re.sub(r"/1/(?!$)", lambda _found: "/{first}/", one, count=1) for one in others]
    found = _violations_of(visitor, others, keys)
    assert not found, "\n" + "\n".join(found)


def _violations_of(visitor: Any, pages: Sequence[str], keys: dict[str, int]) -> list[str]:
    visitor.goto(f"{visitor.address}/login/")
    assert User.objects.filter(username="小王").exists()
    visitor.fill("input[name=username]", "小王")
    visitor.fill("input[name=password]", "x")
    visitor.click("#login-form button[type=submit]")
    visitor.locator("#overview").wait_for()
    found = []
    for page in pages:
        address = page.format(**keys, first=_first_of(page))
        answer = visitor.goto(f"{visitor.address}/{address}")
        assert answer.ok, (address, answer.status)
        if "#delivery-" in address:
            visitor.locator("#story").wait_for()
        # What is being loaded is dimmed.
        visitor.wait_for_function("() => !document.querySelector('[aria-busy=\"true\"]')")
        found += _violations(visitor, address)
        if (
            page not in STILL_SHIFTING
            and (shift := visitor.evaluate("window.shifted")) > MOST_SHIFTED
        ):
            found.append(f"{address}: its layout shifts by {shift:.3f}")
    return found


def _first_of(page: str) -> int:
    """Return the key of the first row of the kind that an address names."""
    if "{first}" not in page:
        return 0
    app, model = page.split("/")[:2]
    row = apps.get_model(app, model)._default_manager.order_by("pk").first()
    assert row is not None, page
    return int(row.pk)


def _violations(page: Any, address: str) -> list[str]:
    """Return a line for each place of the page that axe objects to."""
    return [
        f"{address or '/'}: {one['id']} ({one['impact']}): {node['html'][:160]}"
        for one in Axe().run(page).response["violations"]
        for node in one["nodes"][:3]
    ]
