"""The address of a list asks for known comparisons of possible values, or is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory

from qqcampaign.wsgi import application

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.mark.parametrize(
    "question",
    ["name__regex=(a%2B)%2B%24", "name__iregex=x", "name__range=7", "name__len=1", "name__foo=1",
     "created_at__year=1", "lists__name__regex=x"],
)  # fmt: skip
def test_unknown_comparisons_are_refused(operator: Client, question: str) -> None:
    for address in ("/contacts/contact/", "/contacts/contact/export/"):
        assert operator.get(f"{address}?{question}").status_code in (302, 400)


@pytest.mark.parametrize(
    "question",
    [
        "lists__id__exact=" + "9" * 30, "lists__id__exact=" + "9" * 5_000, "name=a%00b",
        "lists__id__exact=%C2%B2", "lists__isnull=[null]",
        "created_at__gte=9999-12-31T23:59:59-14:00",
    ],
)  # fmt: skip
def test_impossible_values_are_answered(operator: Client, question: str) -> None:
    assert operator.get(f"/contacts/contact/?{question}").status_code in (200, 302)
    assert operator.get(f"/contacts/contact/export/?{question}").status_code in (200, 400)


def test_the_links_of_the_console_still_work(operator: Client) -> None:
    for question in ("lists__id__exact=1", "lists__id__exact=1&o=1", "q=x"):
        assert operator.get(f"/contacts/contact/?{question}").status_code == 200


@pytest.mark.parametrize("charset", ["idna", "punycode", "nonsense", "utf-16"])
def test_another_encoding_is_refused(operator: Client, charset: str) -> None:
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    answer = operator.generic("POST", "/contacts/contact/?q=xn--", b"--x--\r\n", kind)
    assert answer.status_code == 415


@pytest.mark.parametrize("charset", ["rot13", "undefined", "hex", "x" * 300])
def test_a_request_is_made_whatever_it_names(charset: str) -> None:
    statuses: list[str] = []
    request = RequestFactory().get("/health/live", {"q": "xn--"})
    environ = {**request.environ, "CONTENT_TYPE": f"text/plain; charset={charset}"}

    def start(status: str, *_about: Any) -> Any:
        statuses.append(status)

    application(environ, start)
    assert statuses == ["415 Unsupported Media Type"]


def test_utf8_is_read(operator: Client) -> None:
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    assert operator.generic("POST", "/contacts/contact/", b"q=1", kind).status_code == 200


@pytest.mark.parametrize("key", ["note", "%C2%B2", "9" * 40])
def test_the_history_of_no_row_is_not_there(operator: Client, key: str) -> None:
    assert operator.get(f"/sending/quiethours/{key}/history/").status_code in (302, 404)


@pytest.mark.parametrize("value", ["0", "²", "9999-12-31T23:59:59-14:00", "2026-12-01", "", "x"])
def test_a_time_in_the_address_of_a_new_row_is_read_or_left_out(
    operator: Client, value: str
) -> None:
    answer = operator.get("/contacts/suppression/add/", {"until": value})
    assert answer.status_code == 200
