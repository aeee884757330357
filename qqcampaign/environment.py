"""Readers for the process environment: pure functions, no Django, tested on their own.

Every setting NAME may instead be given as NAME_FILE, the path of a file that holds the value:
that is how container platforms hand over secrets.
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

#: Unix socket paths are cut at 108 bytes by the kernel; we stay below with a margin.
LONGEST_SOCKET_PATH = 100


class EnvironmentProblem(Exception):
    """The environment names something that cannot be used; the text is for the operator."""


def read(environ: Mapping[str, str], name: str, default: str = "") -> str:
    """Return the value of NAME, else the contents of the file NAME_FILE names, else the default.

    Raises:
        EnvironmentProblem: NAME_FILE names a file that cannot be read.
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


def read_list(environ: Mapping[str, str], name: str, default: str = "") -> list[str]:
    """Return the comma-separated values of NAME, blanks dropped."""
    return [item.strip() for item in read(environ, name, default).split(",") if item.strip()]


def read_bool(environ: Mapping[str, str], name: str, default: bool = False) -> bool:
    """Return whether NAME says yes (1, true, yes, on), in any case.

    Raises:
        EnvironmentProblem: the value is neither a yes nor a no.
    """
    value = read(environ, name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise EnvironmentProblem(f"{name} is {value!r}: say 1 or 0 (true, false, yes, no work too).")


def read_number(environ: Mapping[str, str], name: str, default: float) -> float:
    """Return NAME as a number of seconds or whatever its setting counts, 0 or more.

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
    """Return NAME as a time that is not zero: no connection is made in no time.

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


def read_time_zone(environ: Mapping[str, str], name: str, default: str) -> str:
    """Return NAME as the name of a time zone that this machine knows.

    Raises:
        EnvironmentProblem: it knows none of that name.
    """
    zone = read(environ, name, default)
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise EnvironmentProblem(
            f"{name} is {zone!r}, which is no time zone: write one like Asia/Shanghai or UTC."
        ) from None
    return zone


def is_address(url: str, *schemes: str) -> bool:
    """Return whether a URL has one of the schemes, a host and, if any, a port that is one."""
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def kept_secret(home: Path, name: str, length: int = 50) -> str:
    """Return the secret kept in the file home/name, made at first use, readable by its owner only.

    Returns an empty string when the folder cannot be written: a system check then says what to do,
    instead of a traceback from the settings module.
    """
    path = home / name
    try:
        if not path.exists():
            home.mkdir(parents=True, exist_ok=True)
            _write_once(path, secrets.token_urlsafe(length))
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _write_once(path: Path, value: str) -> None:
    """Write a whole file that only its owner reads, or nothing; whoever is second changes nothing.

    Written aside and linked into place: a full disk must not leave half a key behind, and two
    processes of the same start must end with the same one.
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
    """Return where the embedded Redis listens: in the home, or the temporary folder if too long."""
    path = home.resolve() / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"qqcampaign-{digest}" / "redis.sock"


def broker_url(redis_url: str) -> str:
    """Return the Redis URL as Celery spells it: unix:// becomes redis+socket://."""
    if redis_url.startswith("unix://"):
        return "redis+socket://" + redis_url.removeprefix("unix://")
    return redis_url
