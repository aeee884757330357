"""Every address of the console belongs to a role: the table in addresses.txt is what is true.

`python -m pytest tests/users/test_addresses.py` with WRITE_ADDRESSES=1 writes the table anew, to be
read before it is committed.
"""

from __future__ import annotations

import os
from datetime import time
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django.views.defaults import permission_denied

from api.models import ApiRequest
from campaigns.models import SavedReport
from contacts.imports.files import rejects_of
from contacts.segments.save import create_segment
from sending.models import QuietHours
from tests.console.page_names import TABLE
from tests.console.whole_world import make_whole_world
from tests.users.addresses import Address, addresses
from users.keep import add_user
from users.role_groups import keep_role_groups
from users.roles import Role

# Permissions are checked in Python.
pytestmark = [pytest.mark.django_db, pytest.mark.one_database, pytest.mark.slow]
pytestmark += [pytest.mark.timeout(600)]
METHODS = ("get", "post")
NOBODY, NO_METHOD, NO_PAGE = "nobody", "-", "404"


@pytest.fixture(autouse=True)
def _plain_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer 403 without a page: thousands take minutes. test_refused.py looks at the page."""
    monkeypatch.setattr("qqcampaign.urls.handler403", permission_denied)


@pytest.mark.parametrize(
    "every",
    [pytest.param(5, marks=pytest.mark.partial), pytest.param(1, marks=pytest.mark.exhaustive)],
)
def test_each_address_opens_to_the_role_of_the_table_and_to_no_lower_one(every: int) -> None:
    """Each address has a row; each `every`th is asked."""
    keep_role_groups()
    make_whole_world()
    _make_the_rest()
    clients = {}
    for role in Role:
        client = Client(raise_request_exception=False)
        client.force_login(add_user(name=role.key, role=role).user)
        clients[role.key] = client
    stranger = Client()
    found = list(addresses())
    for address in found[::every]:
        for method in METHODS:
            answer = _ask(stranger, address, method)
            assert _is_refused(answer) or answer.status_code == 405, (address, method)
    if os.environ.get("WRITE_ADDRESSES"):
        _write([(one, [_first(clients, one, method) for method in METHODS]) for one in found])
    declared = dict(map(_declared, TABLE.read_text(encoding="utf-8").splitlines()))
    assert {(one.name, one.word) for one in found} == set(declared)
    wrong = [
        (one.where, method, role)
        for one in found[::every]
        for method, role in zip(METHODS, declared[one.name, one.word], strict=True)
        if not _holds(clients, one, method, role)
    ]
    assert not wrong


def _declared(line: str) -> tuple[tuple[str, str], list[str]]:
    name, word, *roles = line.split()
    return (name, word), roles


def _write(found: list[tuple[Address, list[str]]]) -> None:
    lines = sorted("  ".join((one.name, one.word, *roles)) for one, roles in found)
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _holds(clients: dict[str, Client], address: Address, method: str, role: str) -> bool:
    """Return whether a role is allowed what the table says, and the role before it is refused."""
    keys = list(clients)
    if role not in keys:  # nobody, or no such page or method: also for administrators
        return _outcome(clients[keys[-1]], address, method) == role
    before = keys[: keys.index(role)][-1:]
    return _outcome(clients[role], address, method) is None and all(
        _outcome(clients[key], address, method) == NOBODY for key in before
    )


def _make_the_rest() -> None:
    """Make a row of each kind that the whole world lacks; a user and a group that are nobody's."""
    for file in rejects_of():  # of another test's import with the same key
        file.unlink()
    create_segment(name="昆明", conditions={"kind": "attribute", "name": "city", "value": "昆明"})
    SavedReport.objects.create(pk=1, name="0 weekly", period="yesterday")
    ApiRequest.objects.create(pk=1, at=timezone.now(), method="GET", status=401, took_ms=1)
    QuietHours.objects.create(start=time(22), end=time(8))
    Group.objects.create(name="0 night shift")
    User.objects.create_user("0 nobody")


def _first(clients: dict[str, Client], address: Address, method: str) -> str:
    """Return the first role that is not refused; later roles may do all that it may."""
    for key, client in clients.items():
        outcome = _outcome(client, address, method)
        if outcome != NOBODY:
            return outcome or key
    return NOBODY


def _outcome(client: Client, address: Address, method: str) -> str | None:
    """Return None if a request is allowed, else NOBODY, NO_METHOD or NO_PAGE."""
    answer = _ask(client, address, method)
    assert answer.status_code < 500, (address, method)
    if _is_refused(answer):
        return NOBODY
    return {405: NO_METHOD, 404: NO_PAGE}.get(answer.status_code)


def _ask(client: Client, address: Address, method: str) -> HttpResponse:
    """Ask, and undo what the request did."""
    with transaction.atomic():
        answer: Any = getattr(client, method)(address.where)
        if hasattr(answer, "streaming_content"):
            list(answer.streaming_content)
        transaction.set_rollback(True)
    return answer  # type: ignore[no-any-return]


def _is_refused(answer: Any) -> bool:
    return answer.status_code == 403 or (
        answer.status_code == 302 and "/login/" in answer["Location"]
    )
