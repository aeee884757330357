"""What a browser may run on the console: our own files, and nothing that somebody put in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.templatetags.static import static
from django.test import Client

from tests.console.filled_console import filled_console, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

#: Run before each page's own scripts: keeps what the policy forbade.
WATCH = """
window.forbidden = [];
document.addEventListener('securitypolicyviolation', (event) =>
    window.forbidden.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));
"""


@pytest.fixture(scope="module")
def console(
    tmp_path_factory: pytest.TempPathFactory, redis_server: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """A console with a row of everything that has a page; yield its address and its pages."""
    with filled_console(tmp_path_factory.mktemp("home"), REDIS_URL=redis_server) as found:
        yield found


@pytest.fixture
def signed_in_page(page: Any, console: tuple[str, dict[str, str]]) -> Any:
    """A page of the operator's browser that notes what the policy forbids."""
    page.add_init_script(WATCH)
    sign_in(page, console[0])
    return page


@pytest.mark.exhaustive
def test_no_page_does_what_the_policy_forbids(
    signed_in_page: Any, console: tuple[str, dict[str, str]]
) -> None:
    address, pages = console
    page, logged, forbidden = signed_in_page, [], {}
    page.on("console", lambda line: logged.append(line.text))
    page.on("pageerror", lambda error: logged.append(str(error)))
    for path in pages.values():
        answer = page.goto(address + path, wait_until="load")
        assert answer is not None, path
        assert (
            "unsafe-inline" not in answer.headers["content-security-policy"].split("style-src")[0]
        )
        assert "camera=()" in answer.headers["permissions-policy"]
        found = page.evaluate("window.forbidden")
        if found:
            forbidden[path] = found
    assert not forbidden
    assert not [line for line in logged if "Content Security Policy" in line]


def test_a_script_that_somebody_put_in_does_not_run(signed_in_page: Any) -> None:
    """Neither as an element, nor in an attribute, nor as an address, nor from elsewhere."""
    page = signed_in_page
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.ran = 1';
            document.body.append(script);
            const foreign = document.createElement('script');
            foreign.src = 'data:text/javascript,window.ran=1';
            document.body.append(foreign);
            const image = document.createElement('div');
            image.innerHTML = '<img src="/nothing" onerror="window.ran = 1"><form id="f"></form>';
            document.body.append(image);
            const link = document.createElement('a');
            link.href = 'javascript:window.ran=1';
            document.body.append(link);
            link.click();
        }"""
    )
    page.wait_for_function("window.forbidden.length >= 4")
    assert page.evaluate("window.ran") is None


@pytest.mark.django_db
def test_every_answer_has_the_headers(client: Client) -> None:
    for path in ("/login/", "/nowhere/", "/health/live", static("console/console.css")):
        answer = client.get(path)
        assert "script-src 'self' 'unsafe-eval';" in answer["Content-Security-Policy"], path
        assert "Permissions-Policy" in answer.headers
        answer.close()
