"""What a browser loads for a page, as a proxy compresses it, and when the page is first painted.

    python -m tests.console.weights

prints the heaviest and the slowest pages of a console in a home of its own; `--every 8` takes each
eighth page. The load of the machine is printed too: a busy one paints late.
"""

from __future__ import annotations

import argparse
import gzip
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Files that are compressed by themselves.
PACKED = ("image/png", "font/", "application/font", "application/octet-stream")
FIRST_PAINT = """() => {
    const found = performance.getEntriesByType('paint').map((one) => one.startTime);
    return found.length ? Math.max(...found) : null;
}"""
#: A lazy picture is loaded once the reader comes near it, or not at all: here it always is.
READ_TO_THE_END = """() => {
    const lazy = [...document.querySelectorAll('img[loading="lazy"]')];
    for (const one of lazy) { one.loading = 'eager'; }
    return lazy.length > 0;
}"""
EVERY_PICTURE_IS_HERE = "() => [...document.images].every((one) => one.complete)"
#: How often a page is opened for its first paint: the machine may be busy, so the least counts.
TIMES = 2
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Load:
    """What opening a page cost.

    Attributes:
        size: bytes over the wire, compressed, without what the browser had.
        files: size of each file by its address, the largest first.
    """

    size: int
    files: dict[str, int]


class Scale:
    """Opens pages in a browser and weighs what it loads."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._answers: list[Any] = []
        page.on("response", lambda answer: self._answers.append(answer))
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        self._cached: set[str] = set()
        self._ids: dict[str, str] = {}
        session.on("Network.requestWillBeSent", self._name)
        session.on("Network.requestServedFromCache", self._note_memory)
        session.on("Network.responseReceived", self._note_disk)

    def open(self, where: str) -> Load:
        """Open a page, with the pictures further down on it, and return what it cost."""
        self._answers.clear()
        self._cached.clear()
        self._page.goto(where, wait_until="networkidle")
        if self._page.evaluate(READ_TO_THE_END):
            self._page.wait_for_load_state("networkidle")
            self._page.wait_for_function(EVERY_PICTURE_IS_HERE)
        files = {
            one.url: size_of(one)
            for one in self._answers
            if one.url not in self._cached and not one.url.startswith("data:")
        }
        ordered = dict(sorted(files.items(), key=lambda item: -item[1]))
        return Load(sum(files.values()), ordered)

    def _name(self, event: Mapping[str, Any]) -> None:
        self._ids[event["requestId"]] = event["request"]["url"]

    def _note_memory(self, event: Mapping[str, Any]) -> None:
        self._cached.add(self._ids.get(event["requestId"], ""))

    def _note_disk(self, event: Mapping[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self._cached.add(event["response"]["url"])


def first_paint(page: Any, where: str) -> float:
    """Open a page; return the milliseconds until its first text or picture was painted."""
    page.goto(where, wait_until="load")
    page.wait_for_function(f"() => ({FIRST_PAINT})() !== null")
    return float(page.evaluate(FIRST_PAINT))


def size_of(answer: Any) -> int:
    """Return the bytes of an answer's body as a proxy that compresses texts sends it."""
    if answer.status in (204, 304) or 300 <= answer.status < 400:
        return 0
    body: bytes = answer.body()
    kind = answer.headers.get("content-type", "")
    return len(body) if kind.startswith(PACKED) else len(gzip.compress(body, 6))


def main() -> int:
    """Weigh the pages and print the figures; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    from tests.console.filled_console import filled_console, sign_in

    with (
        tempfile.TemporaryDirectory(prefix="qqweights-") as folder,
        filled_console(Path(folder) / "home") as (address, found),
        _new_page() as page,
    ):
        pages = dict(list(found.items())[:: options.every])
        first = Scale(page).open(f"{address}/login/")
        print(f"first load, the page of the sign-in: {first.size / 1000:.0f} kB")
        sign_in(page, address)
        scale = Scale(page)
        loads = {name: scale.open(address + where) for name, where in pages.items()}
        paints = {}
        for name, where in pages.items():
            seen = [first_paint(page, address + where) for _time in range(TIMES)]
            paints[name] = min(seen)
    for name, load in sorted(loads.items(), key=lambda item: -item[1].size)[:SHOWN]:
        print(f"{load.size / 1000:7.1f} kB  {name}")
    ordered = sorted(paints.items(), key=lambda item: -item[1])
    for name, paint in ordered[:SHOWN]:
        print(f"{paint:7.0f} ms  {name}")
    print(
        f"{len(pages)} pages; first paint: median {statistics.median(paints.values()):.0f} ms, "
        f"95 % within {ordered[len(ordered) // 20][1]:.0f} ms; "
        f"{sum(one >= 200 for one in paints.values())} take 200 ms or more; "
        f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    )
    return 0


@contextmanager
def _new_page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    from tests.screenshots import CHROMIUM

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-US")
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
