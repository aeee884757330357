"""`manage.py check --deploy` names each setting that is not safe, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qqcampaign.safety_checks import check_safety

pytestmark = pytest.mark.one_database
POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "PASSWORD": "p", "OPTIONS": {}}


@pytest.fixture(autouse=True)
def _safe(settings: Any, tmp_path: Path) -> None:
    settings.QQCAMPAIGN_HOME = tmp_path


def ids() -> list[str]:
    return [str(message.id) for message in check_safety(None)]


def test_the_settings_of_the_tests_are_safe() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ALLOWED_HOSTS", ["*"], ["W021"]),
        ("WEBHOOK_ALLOW_PRIVATE", True, ["W026"]),
        ("REDIS_URL", "redis://redis.example.org:6379/0", ["W024", "W025"]),
        ("REDIS_URL", "rediss://:word@redis.example.org:6379/0", []),
        ("REDIS_URL", "redis://redis:6379/0", []),
        ("REDIS_URL", "redis://10.0.0.5:6379/0", []),
        ("REDIS_URL", "redis://203.0.113.77:6379/0", []),  # a documentation address is private
        ("REDIS_URL", "redis://8.8.8.8:6379/0", ["W024", "W025"]),
        ("DATABASES", {"default": {**POSTGRESQL, "HOST": "db.example.org"}}, ["W022"]),
        (
            "DATABASES",
            {"default": {**POSTGRESQL, "HOST": "db.example.org", "PASSWORD": ""}},
            ["W022", "W023"],
        ),
        (
            "DATABASES",
            {
                "default": {
                    **POSTGRESQL,
                    "HOST": "db.example.org",
                    "OPTIONS": {"sslmode": "verify-full"},
                }
            },
            [],
        ),
        ("DATABASES", {"default": {**POSTGRESQL, "HOST": "/run/postgresql"}}, []),
    ],
)
@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_an_unsafe_setting_is_named(
    settings: Any, name: str, value: Any, expected: list[str]
) -> None:
    setattr(settings, name, value)
    assert ids() == [f"qqcampaign.{one}" for one in expected]


def test_a_secret_that_everybody_can_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, given = tmp_path / "credential_key", tmp_path / "given"
    for file in (kept, given):
        file.write_text("x")
        file.chmod(0o644)
    monkeypatch.setenv("SECRET_KEY_FILE", str(given))
    assert ids() == ["qqcampaign.W028"] * 2
    for file in (kept, given):
        file.chmod(0o640)
    assert ids() == []
