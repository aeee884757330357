"""System checks of settings that work, but are not safe on a network (`manage.py check --deploy`).

Each message names the setting and says what to do. What cannot work at all is in `checks`.
"""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Tags, Warning, register

#: Settings whose values are secrets; each may be given as a file.
_SECRETS = ("SECRET_KEY", "CREDENTIAL_KEYS", "DATABASE_URL", "REDIS_URL", "EMAIL_URL")
#: Files of the home that only their owner may read.
_PRIVATE = ("secret_key", "credential_key", "operator_login", "erasures", "db.sqlite3")


@register(Tags.security, deploy=True)
def check_safety(app_configs: Any, **_options: Any) -> list[Warning]:
    """Report every setting that is not safe on a network."""
    return [
        *_hosts(),
        *_unencrypted_servers(),
        *_webhooks(),
        *_console_url(),
        *_readable_files(),
    ]


def _hosts() -> Iterator[Warning]:
    if "*" in settings.ALLOWED_HOSTS:
        yield Warning(
            "ALLOWED_HOSTS contains *: the console answers to any host name, so links in e-mails "
            "can be made to lead elsewhere. List the names by which you reach it.",
            id="qqcampaign.W021",
        )


def _unencrypted_servers() -> Iterator[Warning]:
    """Report servers on another network that are reached without a password or encryption."""
    database = settings.DATABASES["default"]
    options = database.get("OPTIONS", {})
    is_postgresql = database["ENGINE"].endswith("postgresql")
    if is_postgresql and _is_far(str(database.get("HOST") or "")):
        if options.get("sslmode") not in ("require", "verify-ca", "verify-full"):
            yield Warning(
                "DATABASE_URL reaches the database without encryption. Add ?sslmode=require, or "
                "verify-full with sslrootcert.",
                id="qqcampaign.W022",
            )
        if not database.get("PASSWORD"):
            yield Warning("DATABASE_URL has no password. Set one.", id="qqcampaign.W023")
    redis = urlsplit(settings.REDIS_URL)
    if redis.scheme in ("redis", "rediss") and _is_far(redis.hostname or ""):
        if not redis.password:
            yield Warning(
                "REDIS_URL has no password: whoever reaches Redis can wake and stop work. Set "
                "requirepass there, and write redis://:password@host:6379/0.",
                id="qqcampaign.W024",
            )
        if redis.scheme == "redis":
            yield Warning(
                "REDIS_URL reaches Redis without encryption. Write rediss://, or keep both in one "
                "private network.",
                id="qqcampaign.W025",
            )


def _webhooks() -> Iterator[Warning]:
    if settings.WEBHOOK_ALLOW_PRIVATE:
        yield Warning(
            "WEBHOOK_ALLOW_PRIVATE is 1: whoever may edit notifications can make this host send "
            "requests into your network. Set it to 0 unless a receiver is there.",
            id="qqcampaign.W026",
        )


def _console_url() -> Iterator[Warning]:
    if settings.IS_BEHIND_HTTPS and settings.CONSOLE_URL.startswith("http://"):
        yield Warning(
            "CONSOLE_URL begins with http:// although BEHIND_HTTPS is 1. Write https://.",
            id="qqcampaign.W027",
        )


def _readable_files() -> Iterator[Warning]:
    files = [Path(os.environ[f"{name}_FILE"]) for name in _SECRETS if f"{name}_FILE" in os.environ]
    files += [Path(settings.QQCAMPAIGN_HOME) / name for name in _PRIVATE]
    for file in files:
        try:
            mode = stat.S_IMODE(file.stat().st_mode)
        except OSError:
            continue
        if mode & stat.S_IROTH or mode & stat.S_IWOTH:
            yield Warning(
                f"{file} can be read by every user of this machine (mode {mode:04o}). Run: "
                f"chmod o= {file}",
                id="qqcampaign.W028",
            )


def _is_far(host: str) -> bool:
    """Return whether a host is neither this one, nor in a private network or one of containers."""
    if not host or host.startswith("/") or ("." not in host and ":" not in host):
        return False
    try:
        return not ipaddress.ip_address(host).is_private
    except ValueError:
        return True
