"""Too many wrong passwords lock a name at an address, and nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from signin.lockout import ADDRESS_FAILURES, NAME_FAILURES, unlock
from signin.models import FailedSignIns
from tests.console.sample_data import make_operator

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.slow]
SENTENCE = "Too many failures to sign in"


@pytest.fixture
def user() -> User:
    return make_operator()


def sign_in(name: str, password: str, *, address: str = "192.0.2.1") -> tuple[int, str]:
    """Send the sign-in form; return status and page."""
    given = {"username": name, "password": password}
    answer = Client(REMOTE_ADDR=address).post("/login/", given)
    return answer.status_code, answer.content.decode()


def test_a_name_is_locked_after_failures_in_a_row(
    user: User, caplog: pytest.LogCaptureFixture
) -> None:
    for _n in range(NAME_FAILURES - 1):
        assert SENTENCE not in sign_in("op", "hidden-password")[1]
    assert SENTENCE in sign_in("op", "hidden-password")[1]
    assert sign_in("op", "op")[0] == 200
    assert SENTENCE in sign_in(" OP ", "op")[1]
    assert sign_in("op", "op", address="192.0.2.2")[0] == 302
    assert "name 'op', address 192.0.2.1, 5 in a row" in caplog.text
    assert "hidden-password" not in caplog.text


def test_a_lock_ends_by_itself_and_by_an_administrator(user: User) -> None:
    for _n in range(NAME_FAILURES):
        sign_in("op", "wrong")
    FailedSignIns.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    assert sign_in("op", "op")[0] == 302
    for _n in range(NAME_FAILURES):
        sign_in("op", "wrong")
    assert SENTENCE in sign_in("op", "op")[1]
    assert unlock("op") == 2
    assert sign_in("op", "op")[0] == 302


def test_a_right_password_begins_anew(user: User) -> None:
    for _n in range(3):
        for _m in range(NAME_FAILURES - 1):
            sign_in("op", "wrong")
        assert sign_in("op", "op")[0] == 302


def test_an_address_that_tries_names_is_locked(user: User) -> None:
    for number in range(ADDRESS_FAILURES):
        sign_in(f"name{number}", "wrong")
    assert SENTENCE in sign_in("op", "op")[1]
    assert sign_in("op", "op", address="192.0.2.2")[0] == 302


def test_the_form_after_an_ended_session_is_locked_too(user: User) -> None:
    for _n in range(NAME_FAILURES):
        sign_in("op", "wrong")
    given = {"username": "op", "password": "op", "draft": "x"}
    answer = Client(REMOTE_ADDR="192.0.2.1").post("/sign-in-again/", given)
    assert SENTENCE in answer.content.decode()


@pytest.mark.parametrize("password", ["elevenchars", "password1234", "123456789012"])
def test_poor_passwords_are_refused(user: User, client: Client, password: str) -> None:
    client.force_login(user)
    for given, status in ((password, 200), ("a9-Kunming-tea", 302)):
        form = {"old_password": "op", "new_password1": given, "new_password2": given}
        assert client.post("/password_change/", form).status_code == status
