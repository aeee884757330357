"""System checks of the environment. Each message says what is wrong, where, and what to do.

`manage.py check` runs them, `manage.py check --deploy` also runs those for production, and
`manage.py up` does not start if one of them finds an error.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from accounts.change_proxy import is_proxy
from foundation.encrypted_field import SHORTEST_KEY
from foundation.tracing import is_installed
from qqcampaign.stack.home import why_not_writable

_SIMPLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")

Messages = list[CheckMessage]
Apps = Sequence[AppConfig] | None


@register(Tags.compatibility)
def check_environment(app_configs: Apps, **_options: Any) -> Messages:
    """Report each variable that the settings module could not read."""
    return [Error(text, id="qqcampaign.E001") for text in settings.ENVIRONMENT_PROBLEMS]


@register(Tags.compatibility)
def check_tracing(app_configs: Apps, **_options: Any) -> Messages:
    """Report a collector of traces without the library that sends them."""
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT or is_installed():
        return []
    return [
        Warning(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: no trace is "
            "sent. Install it with `pip install -r requirements-tracing.txt`, or leave the "
            "variable out.",
            id="qqcampaign.W010",
        )
    ]


@register(Tags.files)
def check_home(app_configs: Apps, **_options: Any) -> Messages:
    """Report a home that cannot be written to, if any file is needed in it."""
    is_needed = (
        settings.IS_DATABASE_EMBEDDED
        or settings.IS_REDIS_EMBEDDED
        or settings.IS_SECRET_KEY_KEPT
        or settings.ARE_CREDENTIAL_KEYS_KEPT
    )
    home: Path = settings.QQCAMPAIGN_HOME
    problem = why_not_writable(home) if is_needed else ""
    if not problem:
        return []
    return [
        Error(
            f"The folder {home}, where the data is kept, cannot be written to ({problem}). Make "
            "it writable for this user, or set QQCAMPAIGN_HOME to a folder that is.",
            id="qqcampaign.E002",
        )
    ]


@register(Tags.security)
def check_credential_keys(app_configs: Apps, **_options: Any) -> Messages:
    """Report missing or short keys for the encryption of the accounts' passwords."""
    short = [
        number for number, key in enumerate(settings.CREDENTIAL_KEYS, 1) if len(key) < SHORTEST_KEY
    ]
    if not settings.CREDENTIAL_KEYS or (short and settings.ARE_CREDENTIAL_KEYS_KEPT):
        return [
            Error(
                "There is no key to encrypt the accounts' credentials: CREDENTIAL_KEYS is not set, "
                f"and no key could be stored in {settings.QQCAMPAIGN_HOME}. Set CREDENTIAL_KEYS; "
                "`python -c 'import secrets; print(secrets.token_urlsafe(32))'` makes a key.",
                id="qqcampaign.E003",
            )
        ]
    return [
        Error(
            f"Key {number} of CREDENTIAL_KEYS is shorter than {SHORTEST_KEY} characters and could "
            "be guessed. Put a long random key in front of it, and keep the old one at the end "
            "until every credential has been encrypted again.",
            id="qqcampaign.E004",
        )
        for number in short
    ]


@register(Tags.security)
def check_secret_key(app_configs: Apps, **_options: Any) -> Messages:
    """Report a missing SECRET_KEY. The setting is not read: Django raises if it is empty."""
    if not settings.IS_SECRET_KEY_KEPT or _secret_is_stored("secret_key"):
        return []
    return [
        Error(
            f"SECRET_KEY is not set, and no key could be stored in {settings.QQCAMPAIGN_HOME}. Set "
            "it to a long random text, or make that folder writable.",
            id="qqcampaign.E005",
        )
    ]


@register(Tags.security, deploy=True)
def check_kept_secrets(app_configs: Apps, **_options: Any) -> Messages:
    """Report generated secrets with a shared database, where all hosts need the same ones."""
    if settings.IS_DATABASE_EMBEDDED:
        return []
    kept = [
        name
        for name, is_kept in (
            ("SECRET_KEY", settings.IS_SECRET_KEY_KEPT),
            ("CREDENTIAL_KEYS", settings.ARE_CREDENTIAL_KEYS_KEPT),
        )
        if is_kept
    ]
    return [
        Error(
            f"{name} is not set: this machine made its own in {settings.QQCAMPAIGN_HOME}. Other "
            "hosts do not have it, and a rebuilt container loses it. Set "
            f"{name} (or {name}_FILE) to the same value on all hosts.",
            id="qqcampaign.E006",
        )
        for name in kept
    ]


@register(Tags.security, deploy=True)
def check_https(app_configs: Apps, **_options: Any) -> Messages:
    """Warn once, in place of Django's four warnings, that the console is not behind HTTPS."""
    if settings.IS_BEHIND_HTTPS:
        return []
    return [
        Warning(
            "The console is served without HTTPS. That is fine on your own machine. On a network, "
            "put an HTTPS proxy in front and set BEHIND_HTTPS=1.",
            id="qqcampaign.W007",
        )
    ]


@register(Tags.compatibility)
def check_egress(app_configs: Apps, **_options: Any) -> Messages:
    """Report a wrong name, source address or proxy of the egress."""
    problems: Messages = []
    if not _SIMPLE_NAME.fullmatch(settings.EGRESS_NAME):
        problems.append(
            Error(
                f"EGRESS_NAME is {settings.EGRESS_NAME!r}: use up to 63 letters, digits, dots, "
                "dashes and underscores (it becomes part of a queue's name).",
                id="qqcampaign.E008",
            )
        )
    if settings.EGRESS_SOURCE_ADDRESS and not _is_local_address(settings.EGRESS_SOURCE_ADDRESS):
        problems.append(
            Error(
                f"EGRESS_SOURCE_ADDRESS is {settings.EGRESS_SOURCE_ADDRESS!r}, which is not an "
                "address of this machine. `ip address` lists them; leave it out to let the "
                "system choose.",
                id="qqcampaign.E009",
            )
        )
    if settings.EGRESS_PROXY and not is_proxy(settings.EGRESS_PROXY):
        problems.append(
            Error(  # without the value, which may contain a password
                "EGRESS_PROXY is not the address of a proxy: write http://host:port or "
                "socks5://host:port, or leave it out to use no proxy.",
                id="qqcampaign.E010",
            )
        )
    return problems


def environment_problems() -> Messages:
    """Return the messages of all checks but those for production."""
    checks = (check_environment, check_home, check_secret_key, check_credential_keys, check_egress)
    return [problem for check in checks for problem in check(None)]


def _secret_is_stored(name: str) -> bool:
    try:
        return (settings.QQCAMPAIGN_HOME / name).stat().st_size > 0
    except OSError:
        return False


def _is_local_address(address: str) -> bool:
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except (ValueError, OSError):
        return False
    return True
