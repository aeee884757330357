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

from contacts.segments.save import create_segment
from sending.models import QuietHours
from tests.console.whole_world import make_whole_world
from tests.users.addresses import TABLE, Address, addresses
from users.keep import add_user
from users.role_groups import keep_role_groups
from users.roles import Role

# Permissions are checked in Python.
pytestmark = [pytest.mark.django_db, pytest.mark.one_database, pytest.mark.slow]
pytestmark += [pytest.mark.timeout(600)]
NOBODY, NO_METHOD, NO_PAGE = "nobody", "-", "404"


def test_each_address_opens_to_the_role_of_the_table_and_to_no_lower_one() -> None:
    keep_role_groups()
    make_whole_world()
    _make_the_rest()
    clients = {}
    for role in Role:
        client = Client(raise_request_exception=False)
        client.force_login(add_user(name=role.key, role=role).user)
        clients[role.key] = client
    stranger = Client()
    found = []
    for address in addresses():
        for method in ("get", "post"):
            answer = _ask(stranger, address, method)
            assert _is_refused(answer) or answer.status_code == 405, (address, method)
        found.append(
            (address.name, address.word, *(_first(clients, address, m) for m in ("get", "post")))
        )
    lines = ["  ".join(row) for row in sorted(found)]
    if os.environ.get("WRITE_ADDRESSES"):
        TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines == TABLE.read_text(encoding="utf-8").splitlines()


def _make_the_rest() -> None:
    """Make a row of each kind that the whole world lacks; a user and a group that are nobody's."""
    create_segment(name="昆明", conditions={"kind": "attribute", "name": "city", "value": "昆明"})
    QuietHours.objects.create(start=time(22), end=time(8))
    Group.objects.create(name="0 night shift")
    User.objects.create_user("0 nobody")


def _first(clients: dict[str, Client], address: Address, method: str) -> str:
    """Return the first role that is not refused; later roles may do all that it may."""
    for key, client in clients.items():
        answer = _ask(client, address, method)
        assert answer.status_code < 500, (address, method, key)
        if answer.status_code == 405:
            return NO_METHOD
        if answer.status_code == 404:
            return NO_PAGE
        if not _is_refused(answer):
            return key
    return NOBODY


def _ask(client: Client, address: Address, method: str) -> HttpResponse:
    """Ask, and undo what the request did."""
    with transaction.atomic():
        answer: Any = getattr(client, method)(address.where)
        if hasattr(answer, "streaming_content"):
            list(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


def _is_refused(answer: Any) -> bool:
    return answer.status_code == 403 or (
        answer.status_code == 302 and "/login/" in answer["Location"]
    )
