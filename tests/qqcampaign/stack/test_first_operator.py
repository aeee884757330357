"""The first operator gets a random password, which is printed as long as it is valid."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from qqcampaign.stack.first_operator import first_login

pytestmark = pytest.mark.django_db


def test_the_first_operator_has_a_password_of_its_own(tmp_path: Path) -> None:
    login = first_login(tmp_path)
    user = User.objects.get(is_superuser=True)
    kept = tmp_path / "operator_login"
    name, password = kept.read_text("utf-8").split()
    assert user.username == name
    assert user.check_password(password)
    assert len(password) > 20
    assert login == f"{name}, password {password}"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert first_login(tmp_path) == login
    assert User.objects.count() == 1


def test_two_homes_have_two_passwords(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    first = first_login(tmp_path)
    User.objects.all().delete()
    assert first_login(tmp_path / "b") != first


def test_a_login_that_was_changed_is_not_printed_any_more(tmp_path: Path) -> None:
    first_login(tmp_path)
    user = User.objects.get()
    user.set_password("another one 9")
    user.save()
    assert "changepassword" in first_login(tmp_path)


def test_an_operator_who_was_made_by_hand_is_left_alone(tmp_path: Path) -> None:
    User.objects.create_superuser("li", password="a password of hers 1")
    assert "changepassword" in first_login(tmp_path)
    assert User.objects.count() == 1


def test_a_name_that_is_taken_by_somebody_without_rights_gets_them(tmp_path: Path) -> None:
    User.objects.create_user("operator", password="forgotten 123")
    assert first_login(tmp_path).startswith("operator, password ")
    assert User.objects.get().is_superuser
