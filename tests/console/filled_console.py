"""The console as the stack serves it, with a row of everything that has a page."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.screenshots import FILL
from tests.web_process import NAME, PASSWORD, environment_of, manage, web_process


@contextlib.contextmanager
def filled_console(home: Path, **settings: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Run the web server with its data in a folder; yield its address and its pages by name."""
    with web_process(home, **settings) as (address, _pid):
        said = manage(environment_of(home, **settings), "shell", "-c", FILL)
        yield address, json.loads(said.strip().splitlines()[-1])


def sign_in(page: Any, address: str) -> None:
    """Sign the operator in, in a browser's page."""
    page.set_default_timeout(60_000)
    page.goto(f"{address}/login/")
    page.fill("input[name=username]", NAME)
    page.fill("input[name=password]", PASSWORD)
    page.click("#login-form button[type=submit]")
    page.locator("#overview").wait_for()
    page.wait_for_load_state("networkidle")
