"""`manage.py check` reports wrong settings with advice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running_stack import ROOT

PRODUCTION = {
    "SECRET_KEY": "a-long-enough-secret-key-with-some-55-characters-0123456789",
    "CREDENTIAL_KEYS": "another-secret-that-nobody-can-guess-0123456789",
    "DATABASE_URL": "postgres://user:word@db.example.org:5432/name?sslmode=require",
    "REDIS_URL": "rediss://:word@redis.example.org:6379/0",
    "ALLOWED_HOSTS": "console.example.org",
    "BEHIND_HTTPS": "1",
}


def _check(home: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "QQCAMPAIGN_HOME": str(home), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_production_is_clean(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    nowhere = tmp_path / "file" / "home"  # in production, no file is needed in it
    done = _check(nowhere, "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_embedded_stack_has_one_warning(tmp_path: Path) -> None:
    done = _check(tmp_path, "--deploy")
    assert done.returncode == 0
    assert "served without HTTPS" in done.stderr
    assert "identified 1 issue" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SECRET_KEY", "CREDENTIAL_KEYS"])
def test_a_secret_of_this_machine_alone_is_refused_in_production(tmp_path: Path, name: str) -> None:
    given = {key: value for key, value in PRODUCTION.items() if key != name}
    done = _check(tmp_path, "--deploy", **given)
    assert done.returncode == 1
    assert f"{name} is not set" in done.stderr


WRONG = {
    "CREDENTIAL_KEYS": ("short", "Key 1 of CREDENTIAL_KEYS is shorter"),
    "DATABASE_URL": ("mysql://x", "DATABASE_URL cannot be used"),
    "EGRESS_NAME": ("a name", "EGRESS_NAME is 'a name'"),
    "EGRESS_PROXY": ("proxy:secret", "EGRESS_PROXY is not the address of a proxy"),
    "EGRESS_SOURCE_ADDRESS": ("192.0.2.7", "is not an address of this machine"),
    "QQ_GATEWAY_URL": ("gateway", "QQ_GATEWAY_URL cannot be used"),
    "QQ_INBOX": ("maybe", "QQ_INBOX is 'maybe': write 1 or 0"),
    "QQ_READ_TIMEOUT": ("soon", "QQ_READ_TIMEOUT is 'soon', which is not a number"),
    "REDIS_URL": ("http://x", "REDIS_URL cannot be used"),
    "SECRET_KEY_FILE": ("/does/not/exist", "SECRET_KEY_FILE names /does/not/exist, which cannot"),
}


@pytest.mark.slow
def test_every_wrong_setting_has_its_sentence(tmp_path: Path) -> None:
    done = _check(tmp_path, **{name: value for name, (value, _sentence) in WRONG.items()})
    assert done.returncode == 1
    for _value, sentence in WRONG.values():
        assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "proxy:secret" not in done.stderr


@pytest.mark.slow
def test_a_command_does_not_act_on_a_database_that_nobody_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "campaign", "status", "x", "--json"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "QQCAMPAIGN_HOME": str(tmp_path),
            "DATABASE_URL": "postgresq://localhost/x",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    answer = json.loads(done.stdout)
    assert answer["error"] == "wrong_settings"
    assert "DATABASE_URL cannot be used" in answer["sentence"]
    assert not (tmp_path / "db.sqlite3").exists()


@pytest.mark.slow
def test_a_database_of_no_known_kind_does_not_spread_its_password(tmp_path: Path) -> None:
    done = _check(tmp_path, DATABASE_URL="oracle9://clerk:hunter2@db.example.org/x")
    assert done.returncode == 1
    assert "DATABASE_URL cannot be used" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
