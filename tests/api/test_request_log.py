"""The log of requests: what it keeps, what it never keeps, and that no refusal is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.models import ApiRequest, Token
from api.request_log import note as noting
from api.request_log import prune, write
from api.request_log.note import waiting
from api.request_log.write import write_noted
from audit.models import AuditEntry
from foundation.refusals import Refusal
from retention.kinds import kinds
from tests.api.asking import Program, administrator, make_user, program
from tests.commandline import manage
from tests.web_process import environment_of, web_process
from tests.web_process import manage as manage_there
from users.keep import add_user
from users.role_groups import keep_role_groups
from users.roles import Role

pytestmark = pytest.mark.django_db
PAGE = "/api/apirequest/"


@pytest.fixture(autouse=True)
def _nothing_waits() -> Iterator[None]:
    """Other tests leave requests of tokens that are gone."""
    waiting.take()
    yield
    waiting.take()


def logged() -> list[ApiRequest]:
    write_noted()
    return list(ApiRequest.objects.order_by("pk"))


@pytest.mark.both_databases
def test_a_request_is_logged_by_its_operation_and_answer() -> None:
    root = administrator()
    root.post("templates", {"name": "spring", "text": "Hello 20001"})
    root.get("templates/nothing%20here")
    root.get("templates", limit="2")
    made, unknown, read = logged()
    assert (made.who, made.token_name, made.token) == ("root", "test", Token.objects.get())
    assert (made.method, made.operation, made.status, made.error) == ("POST", "templates", 201, "")
    assert (unknown.operation, unknown.status) == ("templates/{name}", 404)
    assert unknown.error == "template_unknown"
    assert (read.method, read.operation, read.status) == ("GET", "templates", 200)
    assert (made.address, made.times) == ("127.0.0.1", 1)


def test_the_answer_names_the_line_of_the_log() -> None:
    answer = administrator().get("templates")
    assert logged()[0].request == answer["X-Request-ID"]


def test_neither_a_body_nor_an_address_nor_a_secret_is_kept() -> None:
    root = administrator()
    root.post("templates", {"name": "geheim", "text": "geheim", "geheim": 1})
    root.get("templates/geheim")
    root.get("geheim/geheim?geheim=1")
    root.ask("GEHEIM", "templates")
    Program("geheim").get("templates")
    rows = logged()
    assert len(rows) == 5
    for row in rows:
        values = [str(value) for value in row.__dict__.values()]
        assert "geheim" not in " ".join(values).lower(), values
        assert not any(value.startswith("qqc_") for value in values)
    assert [row.error for row in rows][:1] == ["unknown_parameter"]


def test_the_refused_parameter_is_named() -> None:
    administrator().get("templates/x?y=1")
    administrator_again = Program(_new_secret())
    administrator_again.post("messages", {"to": "x", "text": "x"})
    row = logged()[-1]
    assert (row.operation, row.status, row.error, row.field) == (
        "messages", 400, "wrong_value", "to",
    )  # fmt: skip


def _new_secret() -> str:
    from api.tokens.issue import issue_token

    return issue_token(user=User.objects.get(username="root"), name="two", scope="admin")[1]


def test_a_refusal_names_its_token_though_nobody_is_signed_in() -> None:
    root = administrator()
    root.get("nowhere")
    root.ask("POST", "users")
    Token.objects.update(revoked_at=timezone.now())
    root.get("templates")
    Program("qqc_" + "x" * 59).get("templates")
    assert [(row.who, row.token_name, row.error) for row in logged()] == [
        ("root", "test", "address_unknown"),
        ("root", "test", "method_unknown"),
        ("root", "test", "not_signed_in"),
        ("", "", "not_signed_in"),
    ]


def test_a_read_costs_no_query_more() -> None:
    root = administrator()
    root.get("templates")  # notes the use of the token
    with CaptureQueriesContext(connection) as asked:
        root.get("templates")
    assert not [one["sql"] for one in asked if "api_apirequest" in one["sql"]]
    assert not [one["sql"] for one in asked if one["sql"].startswith(("INSERT", "UPDATE"))]


def test_what_a_flood_makes_counts_up_one_row() -> None:
    for _n in range(30):
        Client().get("/api/v1/templates")
        Client().get("/api/v1/nowhere")
    rows = logged()
    assert [(row.status, row.times) for row in rows] == [(401, 30), (404, 30)]
    Client().get("/api/v1/templates")
    assert [row.times for row in logged()] == [30, 30, 1]
    root = administrator()
    for _n in range(5):
        root.get("nowhere")
    assert logged()[-1].times == 5


def test_a_full_list_keeps_every_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noting, "MOST_WAITING", 3)
    root = administrator()
    for _n in range(5):
        root.get("templates")
        root.get("templates/none")
    rows = logged()
    assert sum(row.times for row in rows if row.status == 404) == 5
    assert sum(row.times for row in rows if row.status == 200) < 5


def test_addresses_without_end_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noting, "MOST_MERGED", 3)
    for n in range(10):
        Client(REMOTE_ADDR=f"10.0.0.{n}").get("/api/v1/templates")
    rows = logged()
    assert sum(row.times for row in rows) == 10
    assert sorted(row.address for row in rows) == ["", "10.0.0.0", "10.0.0.1", "10.0.0.2"]


def test_while_the_database_is_away_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    root = administrator()
    for _n in range(5):
        root.get("templates")
    Client().get("/api/v1/templates")
    monkeypatch.setattr(write, "CHUNK", 2)
    parts: list[Any] = []
    original = write._write

    def broken(rows: Any) -> None:
        if len(parts) == 1:
            parts.append(None)
            raise OperationalError
        parts.append(rows)
        original(rows)

    monkeypatch.setattr(write, "_write", broken)
    with pytest.raises(OperationalError):
        write_noted()
    assert ApiRequest.objects.count() == 2
    root.get("templates")
    rows = logged()
    assert [row.status for row in rows].count(200) == 6
    assert [row.status for row in rows].count(401) == 1


@pytest.mark.django_db(transaction=True)
def test_a_user_who_is_gone_leaves_their_lines() -> None:
    root = administrator()
    root.get("templates")
    User.objects.all().delete()
    [row] = logged()
    assert (row.who, row.token) == ("root", None)


# --- reading it ---------------------------------------------------------------------------------


def some_requests() -> None:
    root = administrator()
    root.get("templates")
    root.get("templates/none")
    root.post("campaigns", {})
    shop = program("campaigns.view_messagetemplate", name="shop")
    shop.get("templates")
    shop.get("users")
    write_noted()


def test_the_command_and_the_api_say_the_same() -> None:
    some_requests()
    said = manage("api_requests", "--limit", "3", "--json").json
    assert [one["id"] for one in said["items"]] == sorted(
        (one["id"] for one in said["items"]), reverse=True
    )
    assert said["next"] == said["items"][-1]["id"]
    rest = manage("api_requests", "--after", str(said["next"]), "--json").json
    assert len(rest["items"]) == 2
    assert rest["next"] is None
    root = program(name="reader", is_superuser=True)
    assert root.get("requests?limit=3").json()["items"] == said["items"]
    refused = [
        (one["user"], one["error"])
        for one in root.get("requests?status=refused&user=shop").json()["items"]
    ]
    assert refused == [("shop", "no_right")]
    assert "templates/{name}" in manage("api_requests", "--status", "404").out
    assert manage("api_requests", "--status", "7", "--json").json["error"] == "status_unknown"
    assert manage("api_requests", "--since", "x", "--json").json["error"] == "no_time"
    assert "No such request" in manage("api_requests", "--token", "none").out
    by_operation = manage("api_requests", "--operation", "GET templates", "--json").json["items"]
    assert {one["operation"] for one in by_operation} == {"templates"}


def test_only_administrators_may_read_it() -> None:
    reader = program("campaigns.view_messagetemplate", name="shop")
    assert reader.get("requests").json()["error"] == "no_right"


@pytest.mark.both_databases
def test_the_page_filters_and_the_page_of_tokens_leads_to_it() -> None:
    some_requests()
    keep_role_groups()
    browser = Client()
    browser.force_login(add_user(name="ada", role=Role.ADMINISTRATOR).user)
    token = Token.objects.get(user__username="shop")
    tokens = browser.get("/api/token/").content.decode()
    address = f"{PAGE}?token__id__exact={token.pk}"
    assert f'href="{address}"' in tokens
    assert _rows(browser, address) == ["users", "templates"]
    assert _rows(browser, f"{PAGE}?status=refused") == [
        "users",
        "campaigns",
        "templates/{name}",
    ]
    assert _rows(browser, f"{PAGE}?status=404") == ["templates/{name}"]
    assert _rows(browser, f"{PAGE}?status=nonsense") == []
    assert _rows(browser, f"{PAGE}?operation=GET+templates") == ["templates", "templates"]
    assert _rows(browser, f"{PAGE}?q=no_right") == ["users"]
    row = ApiRequest.objects.get(error="no_right")
    assert "no_right" in browser.get(f"{PAGE}{row.pk}/change/").content.decode()
    assert browser.post(f"{PAGE}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def _rows(browser: Client, address: str) -> list[str]:
    answer = browser.get(address)
    assert answer.status_code == 200
    return [row.operation for row in answer.context["cl"].result_list]


def test_others_do_not_see_it() -> None:
    keep_role_groups()
    browser = Client()
    browser.force_login(add_user(name="op", role=Role.APPROVER).user)
    assert browser.get(PAGE).status_code == 403
    assert "apirequest" not in browser.get("/api/token/").content.decode()


def test_an_empty_log_says_what_to_do() -> None:
    browser = Client()
    browser.force_login(make_user("root", is_superuser=True))
    assert "No program has used the API yet" in browser.get(PAGE).content.decode()


def test_it_is_kept_for_some_days_and_is_no_entry_of_the_audit_trail(settings: Any) -> None:
    some_requests()
    entries = AuditEntry.objects.count()
    write_noted()
    assert AuditEntry.objects.count() == entries
    old = timezone.now() - timedelta(days=31)
    ApiRequest.objects.filter(status__gte=400).update(at=old)
    kind = next(kind for kind in kinds() if kind.name == "requests")
    assert kind.age() == timedelta(days=30)
    before = timezone.now() - timedelta(days=30)
    assert prune.count_old(before) == 3
    assert prune.remove_some(before) == 3
    assert prune.remove_some(before) == 0
    assert set(ApiRequest.objects.values_list("status", flat=True)) == {200}
    settings.RETENTION_REQUESTS_DAYS = 0.0
    assert kind.age() is None
    with pytest.raises(Refusal):
        next(one for one in kinds() if one.name == "texts").refuse_too_young(timedelta(0))
    kind.refuse_too_young(timedelta(0))


@pytest.mark.slow
@pytest.mark.one_database  # a process of its own, with a file of SQLite
def test_a_process_writes_within_seconds_and_when_it_ends(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with web_process(home) as (address, _pid):
        assert requests.get(f"{address}/api/v1/templates", timeout=30).status_code == 401
        until = time.monotonic() + 30
        while not _errors(home) and time.monotonic() < until:
            time.sleep(0.5)
        assert _errors(home) == ["not_signed_in"]
        for _n in range(3):
            requests.get(f"{address}/api/v1/nowhere", timeout=30)
    assert sorted(set(_errors(home))) == ["address_unknown", "not_signed_in"]


def _errors(home: Path) -> list[str]:
    import json

    said = manage_there(environment_of(home), "api_requests", "--json")
    return [one["error"] for one in json.loads(said)["items"]]
