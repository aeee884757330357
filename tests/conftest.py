"""Fixtures of all tests: real servers, the real stack, a real browser."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test.signals import template_rendered
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.safestring import SafeString

from qqhttp.simulator import GatewaySimulator
from tests import emptying, examples
from tests.migrated_database import MigratedDatabase
from tests.running_stack import RunningStack
from tests.servers import new_database, running_postgresql, running_redis

CHROMIUM = "/usr/bin/chromium"
#: A test with one of these markers is slow too.
SLOW_MARKERS = ("browser", "postgresql", "stack")
#: A test that asks for pages is slow too: a page takes a tenth of a second or more.
PAGE_FIXTURES = {"client", "admin_client", "operator"}
#: Fixtures by which a test touches the database.
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "stack", "start_stack", "make_fleet"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all",
        action="store_true",
        help="also tests marked exhaustive, none marked partial; with --only-database, all that "
        "touch the database",
    )
    parser.addoption(
        "--only-database",
        action="store_true",
        help="only tests marked both_databases: for a second run on another one",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before `-m` selects by marker
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Iterator[None]:
    """Mark slow tests, leave out what this run does not ask for, and put the long ones first.

    At the end, a long test would run while the other processes idle. pytest-django puts tests that
    commit after those that do not, and tests of stacks, which do neither, at the end.
    """
    for item in items:
        asks_for_pages = PAGE_FIXTURES & set(getattr(item, "fixturenames", ()))
        if asks_for_pages or any(item.get_closest_marker(name) for name in SLOW_MARKERS):
            item.add_marker(pytest.mark.slow)
    items.sort(key=shortness)
    is_all, is_second = config.getoption("--all"), config.getoption("--only-database")
    kept = [one for one in items if is_asked_for(one, is_all=is_all, is_second=is_second)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept
    yield
    items.sort(key=lambda item: item.get_closest_marker("stack") is None)


def pytest_configure(config: pytest.Config) -> None:
    """Empty the database between tests in the fast way, and say how many examples are tried."""
    emptying.install()
    examples.is_all = config.getoption("--all")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Register the admin's pages: tests look at them without a request."""
    import qqcampaign.urls  # noqa: F401


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the home that tests/settings.py made for this process."""
    shutil.rmtree(settings.QQCAMPAIGN_HOME, ignore_errors=True)


def shortness(item: pytest.Item) -> int:
    """Return how early a test comes: 0 for those that take longest."""
    order = ("stack", "browser", "slow")
    return next((n for n, name in enumerate(order) if item.get_closest_marker(name)), len(order))


def is_asked_for(item: pytest.Item, *, is_all: bool, is_second: bool) -> bool:
    """Return whether a test belongs to this run (decision 0059)."""
    if item.get_closest_marker("partial" if is_all else "exhaustive"):
        return False
    if not is_second:
        return True
    fixtures = set(getattr(item, "fixturenames", ()))
    is_about_it = item.get_closest_marker("django_db") or fixtures & DATABASE_FIXTURES
    if not is_about_it or item.get_closest_marker("one_database"):
        return False
    return is_all or item.get_closest_marker("both_databases") is not None


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Begin and end each test in English: a request in Chinese leaves its language active."""
    translation.activate(settings.LANGUAGE_CODE)
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session", autouse=True)
def _few_contexts(django_test_environment: None) -> None:
    """Let `answer.context` hold the contexts of whole pages, not of each template in them.

    Django's own copies the context for every included template: a third of the time of a page.
    """

    def render(self: Template, context: Context) -> SafeString:
        if context.template is self:
            template_rendered.send(sender=self, template=self, context=context)
        return self.nodelist.render(context)

    Template._render = render  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def _only_the_pages_own_queries() -> None:
    """Leave the shared clock out of counted queries: a process reads it again every few seconds.

    What is counted would otherwise depend on when the test began.
    """

    def captured(self: CaptureQueriesContext) -> list[dict[str, str]]:
        asked = self.connection.queries[self.initial_queries : self.final_queries]
        return [query for query in asked if "clocks_sharedclock" not in query["sql"]]

    CaptureQueriesContext.captured_queries = property(captured)  # type: ignore[assignment]


@pytest.fixture(scope="session", autouse=True)
def redis_server() -> Iterator[str]:
    """A real Redis where the settings expect it; its URL. Empty it with `clean_redis`.

    Every test has it: without one, each wake-up that a service sends waits six seconds for it.
    """
    with running_redis(settings.EMBEDDED_REDIS_SOCKET) as url:
        yield url


@pytest.fixture
def clean_redis(redis_server: str) -> Iterator[Any]:
    """A client of the real Redis, which is empty."""
    import redis

    client = redis.Redis.from_url(redis_server)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="session")
def postgresql_server_url() -> Iterator[str]:
    """A real PostgreSQL server: the URL of its maintenance database."""
    with running_postgresql() as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_server_url: str) -> Iterator[str]:
    """An empty PostgreSQL database, for this test alone."""
    with new_database(postgresql_server_url, f"test_{uuid.uuid4().hex[:12]}") as url:
        yield url


@pytest.fixture(scope="session")
def migrated_database(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[MigratedDatabase]:
    """A migrated database, to be copied; the test database of this process is a copy of it."""
    made = MigratedDatabase(settings.QQCAMPAIGN_HOME)
    with contextlib.ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(made.test_database())
        yield made
        with django_db_blocker.unblock():
            stack.close()


@pytest.fixture(scope="session")
def django_db_setup(migrated_database: MigratedDatabase) -> None:
    """Make the test database, as pytest-django would, but without repeating the migrations."""


@pytest.fixture
def migrated_postgresql_url(
    migrated_database: MigratedDatabase, postgresql_server_url: str
) -> Iterator[str]:
    """A migrated PostgreSQL database, for this test alone; only in a run on PostgreSQL."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with migrated_database.new_postgresql(postgresql_server_url, name) as url:
        yield url


@pytest.fixture
def gateway() -> Iterator[GatewaySimulator]:
    """A gateway of ten accounts with twenty friends each, in a thread, without a minimum gap."""
    with GatewaySimulator(accounts=10, friends=20, min_interval=0.0) as simulator:
        yield simulator


@pytest.fixture
def start_stack(request: pytest.FixtureRequest) -> Iterator[Callable[..., RunningStack]]:
    """A function that starts the real stack: `start_stack("--demo", QQ_GATEWAY_URL=...)`.

    It runs on the kind of database that this test run is on, which is migrated already unless the
    stack `is_first_start`.
    """
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="qqstack-")))

        def start(
            *arguments: str, is_awaited: bool = True, is_first_start: bool = False, **env: str
        ) -> RunningStack:
            if "DATABASE_URL" not in env and "postgres" in os.environ.get("DATABASE_URL", ""):
                fixture = "postgresql_url" if is_first_start else "migrated_postgresql_url"
                env["DATABASE_URL"] = request.getfixturevalue(fixture)
            elif "DATABASE_URL" not in env and not is_first_start:
                copy: MigratedDatabase = request.getfixturevalue("migrated_database")
                copy.copy_to(folder / "home" / "db.sqlite3")
            stack = RunningStack(folder / "home", env=env, arguments=arguments)
            running.callback(stack.end_at_once)
            if is_awaited:
                stack.start()
            else:
                stack.launch()
            return stack

        yield start


@pytest.fixture
def stack(start_stack: Callable[..., RunningStack], gateway: GatewaySimulator) -> RunningStack:
    """The real stack, up, talking to `gateway`."""
    return start_stack(QQ_GATEWAY_URL=gateway.url)


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Any]:
    """A real browser (playwright's Browser object) for all tests of this process."""
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip("no Chromium here: apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    # playwright's loop makes Django believe that it is called from asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update"),
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def chromium(_chromium: Any) -> Iterator[Any]:
    """A real browser. What the test opens is closed: a page left open goes on drawing."""
    yield _chromium
    for context in _chromium.contexts:
        context.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """An empty page of the browser, 1280 x 900, as an operator would have it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    yield context.new_page()
    context.close()
