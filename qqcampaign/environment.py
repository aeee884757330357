"""Reads settings from environment variables, without Django.

Every variable NAME may instead be given as NAME_FILE, the path of a file with the value, because
container platforms pass secrets as files.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from foundation.caps import cap_of

#: The kernel limits the path of a unix socket to 108 bytes; this leaves a margin.
LONGEST_SOCKET_PATH = 100


class EnvironmentProblem(Exception):
    """A variable has a value that cannot be used. The text is for the operator."""


def read(environ: Mapping[str, str], name: str, default: str = "") -> str:
    """Return the value of NAME, else the content of the file in NAME_FILE, else the default.

    Raises:
        EnvironmentProblem: the file in NAME_FILE cannot be read.
    """
    if environ.get(name):
        return environ[name].strip()
    path = environ.get(f"{name}_FILE")
    if not path:
        return default
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise EnvironmentProblem(
            f"{name}_FILE names {path}, which cannot be read ({problem}). "
            f"Make it readable for this user, or set {name} itself."
        ) from None


def read_list(environ: Mapping[str, str], name: str, default: list[str]) -> list[str]:
    """Return the comma-separated values of NAME without blank ones; the default if it is not set.

    Raises:
        EnvironmentProblem: the file in NAME_FILE cannot be read.
    """
    value = read(environ, name)
    return [item.strip() for item in value.split(",") if item.strip()] if value else default


def read_bool(environ: Mapping[str, str], name: str, default: bool = False) -> bool:
    """Return NAME as a boolean: 1, true, yes, on or 0, false, no, off, in upper or lower case.

    Raises:
        EnvironmentProblem: the value is none of these.
    """
    value = read(environ, name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise EnvironmentProblem(
        f"{name} is {value!r}: write 1 or 0 (true, false, yes and no work too)."
    )


def read_number(environ: Mapping[str, str], name: str, default: float) -> float:
    """Return NAME as a number, 0 or more.

    Raises:
        EnvironmentProblem: the value is not such a number.
    """
    value = read(environ, name)
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        raise EnvironmentProblem(f"{name} is {value!r}, which is not a number.") from None
    if not math.isfinite(number) or number < 0:
        raise EnvironmentProblem(f"{name} is {value!r}: write a number, 0 or more.")
    return number


def read_seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    """Return NAME as a number of seconds above 0.

    Raises:
        EnvironmentProblem: the value is not such a number.
    """
    seconds = read_number(environ, name, default)
    if not seconds:
        raise EnvironmentProblem(f"{name} is 0: write a number of seconds above that.")
    return seconds


def read_count(environ: Mapping[str, str], name: str, default: int) -> int:
    """Return NAME as a whole number, 1 or more.

    Raises:
        EnvironmentProblem: the value is not such a number.
    """
    number = read_number(environ, name, default)
    if number < 1 or number != int(number):
        raise EnvironmentProblem(f"{name} is {read(environ, name)!r}: write 1, 2, 3 or more.")
    return int(number)


def read_cap(environ: Mapping[str, str], name: str, default: str) -> str:
    """Return NAME as a frequency cap, as it is written: "2/7d".

    Raises:
        EnvironmentProblem: the value is not such a cap.
    """
    value = read(environ, name, default)
    if value and cap_of(value) is None:
        raise EnvironmentProblem(
            f"{name} is {value!r}: write it like 2/7d, which is at most 2 messages in 7 days to a "
            "person, or leave it out."
        )
    return value


def read_time_zone(environ: Mapping[str, str], name: str, default: str) -> str:
    """Return NAME as the name of a time zone that this machine knows.

    Raises:
        EnvironmentProblem: there is no such time zone.
    """
    zone = read(environ, name, default)
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise EnvironmentProblem(
            f"{name} is {zone!r}, which is not a time zone: write one like Asia/Shanghai or UTC."
        ) from None
    return zone


def is_address(url: str, *schemes: str) -> bool:
    """Return whether a URL has one of the schemes, a host, and a valid port or none."""
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def kept_secret(home: Path, name: str, length: int = 50) -> str:
    """Return the secret in the file home/name, which is created at first use, with mode 0600.

    Returns an empty string if the folder cannot be written to. A system check reports this, so the
    settings module need not raise.

    Args:
        home: the folder of the embedded stack.
        name: the file's name.
        length: random bytes of a new secret.
    """
    path = home / name
    try:
        if not path.exists():
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_once(path, secrets.token_urlsafe(length))
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _write_once(path: Path, value: str) -> None:
    """Write a file with mode 0600 completely or not at all; an existing file is not changed.

    The value is written to a temporary file, which is then linked to the path: a full disk must not
    leave half a key, and two processes that start at the same time must get the same key.
    """
    descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    finally:
        os.unlink(aside)


def socket_path(home: Path) -> Path:
    """Return the embedded Redis's socket: in the home, or in a temporary folder if too long."""
    path = home.resolve() / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"qqcampaign-{digest}" / "redis.sock"


def broker_url(redis_url: str) -> str:
    """Return the Redis URL in Celery's form: unix:// becomes redis+socket://."""
    if redis_url.startswith("unix://"):
        return "redis+socket://" + redis_url.removeprefix("unix://")
    return redis_url
