"""What a browser loads for each page after the first, from the real web server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.console.filled_console import filled_console, sign_in
from tests.console.weights import Scale

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

#: Bytes of a page after the first, compressed, and of all that it needs and the browser has not.
MOST = 150_000
#: Of a page that was open before: its own text, and what is asked for anew each time.
MOST_AGAIN = 60_000
#: Each of so many pages is opened a second time: what the browser keeps is common to all of them.
OPENED_AGAIN = 4


@pytest.mark.parametrize(
    "every",
    [pytest.param(25, marks=pytest.mark.partial), pytest.param(1, marks=pytest.mark.exhaustive)],
)
def test_no_page_is_heavy_after_the_first(
    page: Any, tmp_path: Path, redis_server: str, every: int
) -> None:
    with filled_console(tmp_path / "home", REDIS_URL=redis_server) as (address, pages):
        scale = Scale(page)
        first = scale.open(f"{address}/login/")
        assert any(one.endswith("console/console.css") for one in first.files), first.files
        sign_in(page, address)
        chosen = dict(list(pages.items())[::every])
        heavy = {}
        for name, where in chosen.items():
            load = scale.open(address + where)
            if load.size > MOST:
                heavy[name] = load.files
        assert not heavy
        twice = list(chosen.items())[::OPENED_AGAIN]
        again = {name: scale.open(address + where) for name, where in twice}
    assert not {name: one.files for name, one in again.items() if one.size > MOST_AGAIN}
    asked = {file for one in again.values() for file in one.files if "/static/" in file}
    assert not asked, "the browser asked again for what does not change"
