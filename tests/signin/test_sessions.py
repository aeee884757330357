"""Sessions end in time, and pages that refresh themselves do not keep them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from signin.models import SignedInSession
from tests.console.sample_data import make_operator

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
START = time.time()
POLL = {"HX-Request": "true"}


@pytest.fixture
def user() -> User:
    return make_operator()


@contextmanager
def clock_at(moment: float) -> Iterator[None]:
    """Set the clock of this process's Python code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: moment)
        yield


def is_signed_in(client: Client, minutes: float, headers: Any = None) -> bool:
    """Ask for a page so many minutes after the start."""
    with clock_at(START + 60 * minutes):
        return client.get("/overview/live/", headers=headers or {}).status_code == 200


def signed_in(user: User) -> Client:
    client = Client()
    with clock_at(START):
        client.force_login(user)
        client.get("/")
    return client


def test_a_session_ends_when_it_is_idle(user: User) -> None:
    client = signed_in(user)
    assert all(is_signed_in(client, minutes) for minutes in (20, 45, 70, 99))
    assert not is_signed_in(client, 130)
    assert not is_signed_in(client, 131)


def test_what_a_page_asks_by_itself_is_no_use(user: User) -> None:
    client = signed_in(user)
    assert all(is_signed_in(client, minutes, POLL) for minutes in (10, 20, 29))
    assert not is_signed_in(client, 31, POLL)
    client = signed_in(user)
    by_hand = {**POLL, "X-By-Hand": "1"}
    assert all(is_signed_in(client, minutes, by_hand) for minutes in (10, 29, 45))


def test_a_session_ends_after_its_hours(user: User) -> None:
    client = signed_in(user)
    assert all(is_signed_in(client, minutes) for minutes in range(25, 720, 25))
    assert not is_signed_in(client, 721)


def test_the_page_of_sessions_ends_others_only_of_their_own(user: User) -> None:
    first, second, other = Client(), Client(), Client()
    somebody = make_operator("somebody")
    for client, who in ((first, user), (second, user), (other, somebody)):
        client.force_login(who)
        client.get("/")
    page = first.get("/signing-in/own/")
    assert len(page.context["sessions"]) == 2
    foreign = SignedInSession.objects.get(user=somebody)
    first.post("/signing-in/own/", {"verb": "end-session", "session": foreign.pk})
    assert other.get("/").status_code == 200
    first.post("/signing-in/own/", {"verb": "end-others"})
    assert second.get("/").status_code == 302
    assert first.get("/").status_code == 200
