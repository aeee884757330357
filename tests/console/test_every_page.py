"""Every address of the table is a page that axe walks, or is excepted with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.console.every_page import ROWS, pages
from tests.console.every_row import make_every_row
from tests.console.page_names import LIKE_OTHERS, NOT_PAGES, is_page, page_names, reason
from tests.console.sample_data import make_operator
from tests.users.addresses import addresses

# Templates are the same on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.one_database, pytest.mark.slow]
pytestmark += [pytest.mark.timeout(300), pytest.mark.usefixtures("clean_redis")]


def test_every_address_is_a_page_or_excepted(client: Client) -> None:
    keys = make_every_row()
    client.force_login(make_operator())
    rows = {name: keys[key] for name, key in ROWS.items()}
    found = list(addresses(rows))
    shown = pages(keys)
    assert set(shown) == set(page_names())
    wrong = [
        f"{name} {where}: {said}"
        for name, where in shown.items()
        if (said := _what_else(client, where)) and name != "missing"
    ]
    wrong += [
        f"{one.name} {one.word}: a page, and it is excepted or the table says that nobody may"
        for one in found
        if not is_page(one.name, one.word) and not _what_else(client, one.where)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_exception_is_left_over() -> None:
    names = {(one.name, one.word) for one in addresses()}
    for table in (NOT_PAGES, LIKE_OTHERS):
        for pattern, why in table.items():
            assert why, pattern
            assert any(reason({pattern: why}, *one) for one in names), pattern
    known = {one for one, _word in names} | {"_".join(one.split("_")[:2]) for one, _word in names}
    assert set(ROWS) <= known


def _what_else(client: Client, where: str) -> str:
    """Return what an address answers that is no whole page for a browser; "" for a page."""
    answer: Any = client.get(where)
    if answer.streaming:
        list(answer.streaming_content)
        return "a file"
    if answer.status_code != 200:
        return f"{answer.status_code} {answer.get('Location', '')}"
    is_html = answer["Content-Type"].startswith("text/html")
    return "" if is_html and b"</html>" in answer.content else "a part"
