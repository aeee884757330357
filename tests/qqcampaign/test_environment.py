"""The readers of environment variables, each with a table of values."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from qqcampaign import environment
from qqcampaign.environment import EnvironmentProblem


def test_a_value_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    given = {"NAME_FILE": str(tmp_path / "secret")}
    assert environment.read(given, "NAME", "default") == "from the file"
    assert environment.read({**given, "NAME": "itself"}, "NAME") == "itself"
    assert environment.read({}, "NAME", "default") == "default"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=r"NAME_FILE names .*missing"):
        environment.read({"NAME_FILE": str(tmp_path / "missing")}, "NAME")


@pytest.mark.parametrize(
    ("text", "expected"), [("1", True), ("YES", True), ("off", False), ("0", False), ("", True)]
)
def test_yes_and_no(text: str, expected: bool) -> None:
    assert environment.read_bool({"NAME": text}, "NAME", default=True) is expected


def test_what_is_neither_yes_nor_no_is_a_problem() -> None:
    with pytest.raises(EnvironmentProblem, match="NAME is 'perhaps'"):
        environment.read_bool({"NAME": "perhaps"}, "NAME")


@pytest.mark.parametrize(
    ("read", "text"),
    [
        *((environment.read_number, text) for text in ("soon", "nan", "inf", "-1")),
        *((environment.read_seconds, text) for text in ("0", "-1", "1e999")),
        *((environment.read_count, text) for text in ("0", "1.5", "many", "inf", "nan")),
        *((environment.read_time_zone, text) for text in ("Mars", "../etc/passwd", "/etc", "a\0b")),
    ],
)
def test_what_cannot_be_meant_is_a_problem(read: Callable[..., object], text: str) -> None:
    with pytest.raises(EnvironmentProblem, match="NAME is "):
        read({"NAME": text}, "NAME", "UTC" if read is environment.read_time_zone else 1)


def test_numbers_and_zones_that_can_be_meant() -> None:
    assert environment.read_number({"NAME": "0"}, "NAME", 1.0) == 0.0
    assert environment.read_seconds({"NAME": "0.5"}, "NAME", 1.0) == 0.5
    assert environment.read_count({"NAME": "12"}, "NAME", 1) == 12
    assert environment.read_time_zone({"NAME": "Europe/Berlin"}, "NAME", "UTC") == "Europe/Berlin"


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        *(("redis://host:6379/0", True), ("redis://:pa%2Fss@[::1]/0", True), ("redis:///0", False)),
        *(("redis://host:port/0", False), ("redis://host:99999/0", False), ("host", False)),
        *(("http://host/", False), ("redis://[::1/0", False)),
    ],
)
def test_addresses(url: str, is_one: bool) -> None:
    assert environment.is_address(url, "redis", "rediss") is is_one


def test_a_kept_secret_is_made_once_and_private(tmp_path: Path) -> None:
    home = tmp_path / "not yet" / "there"
    first = environment.kept_secret(home, "key")
    assert len(first) >= 50
    assert environment.kept_secret(home, "key") == first
    assert stat.S_IMODE((home / "key").stat().st_mode) == 0o600
    assert os.listdir(home) == ["key"]


def test_a_full_disk_leaves_no_half_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert environment.kept_secret(tmp_path, "key") == ""
    assert os.listdir(tmp_path) == []


def test_a_long_home_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    assert environment.socket_path(tmp_path) == tmp_path / "redis.sock"
    elsewhere = environment.socket_path(tmp_path / ("long" * 30))
    assert len(os.fsencode(elsewhere)) <= environment.LONGEST_SOCKET_PATH
    assert elsewhere != environment.socket_path(tmp_path / ("Long" * 30))
