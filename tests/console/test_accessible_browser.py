"""axe finds nothing on the console's pages, in light and in dark, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User

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
    assert User.objects.filter(username="小王").exists()
    visitor.fill("input[name=username]", "小王")
    visitor.fill("input[name=password]", "x")
    visitor.click("#login-form button[type=submit]")
    visitor.locator("#overview").wait_for()
    for address in PAGES:
        answer = visitor.goto(f"{visitor.address}/{address.format(**keys)}")
        assert answer.ok, (address, answer.status)
        if "#delivery-" in address:
            visitor.locator("#story").wait_for()
        found += _violations(visitor, address)
    assert not found, "\n" + "\n".join(found)


def _violations(page: Any, address: str) -> list[str]:
    """Return a line for each place of the page that axe objects to."""
    return [
        f"{address or '/'}: {one['id']} ({one['impact']}): {node['html'][:160]}"
        for one in Axe().run(page).response["violations"]
        for node in one["nodes"][:3]
    ]
