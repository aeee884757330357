"""System checks of the environment: each says what is wrong, where, and what to do.

`manage.py check` runs them, `manage.py check --deploy` those for production too, and
`manage.py up` refuses to start on an error.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from accounts.encrypted_field import SHORTEST_KEY
from qqcampaign.stack.home import why_not_writable

_SIMPLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_PROXY_SCHEMES = {"http", "https", "socks5", "socks5h", "socks4"}

Messages = list[CheckMessage]
Apps = Sequence[AppConfig] | None


@register(Tags.compatibility)
def check_environment(app_configs: Apps, **_options: Any) -> Messages:
    """Everything the settings module could not read."""
    return [Error(text, id="qqcampaign.E001") for text in settings.ENVIRONMENT_PROBLEMS]


@register(Tags.files)
def check_home(app_configs: Apps, **_options: Any) -> Messages:
    """The home can be written to, where anything is kept in it."""
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
    """The passwords of the accounts are encrypted under keys that nobody can guess."""
    short = [
        number for number, key in enumerate(settings.CREDENTIAL_KEYS, 1) if len(key) < SHORTEST_KEY
    ]
    if not settings.CREDENTIAL_KEYS or (short and settings.ARE_CREDENTIAL_KEYS_KEPT):
        return [
            Error(
                "There is no key to encrypt the accounts' credentials with: CREDENTIAL_KEYS is "
                f"not set and none could be kept in {settings.QQCAMPAIGN_HOME}. Set it; "
                "`python -c 'import secrets; print(secrets.token_urlsafe(32))'` makes one.",
                id="qqcampaign.E003",
            )
        ]
    return [
        Error(
            f"Key {number} of CREDENTIAL_KEYS is shorter than {SHORTEST_KEY} characters and could "
            "be guessed. Put a long random one in front of it, and keep the old one at the end "
            "until every credential has been encrypted anew.",
            id="qqcampaign.E004",
        )
        for number in short
    ]


@register(Tags.security)
def check_secret_key(app_configs: Apps, **_options: Any) -> Messages:
    """There is a SECRET_KEY. (Read around Django, which raises on an empty one.)"""
    if not settings.IS_SECRET_KEY_KEPT or _kept_secret_is_there("secret_key"):
        return []
    return [
        Error(
            f"SECRET_KEY is not set and none could be kept in {settings.QQCAMPAIGN_HOME}. Set it "
            "to a long random text, or make that folder writable.",
            id="qqcampaign.E005",
        )
    ]


@register(Tags.security, deploy=True)
def check_kept_secrets(app_configs: Apps, **_options: Any) -> Messages:
    """On a shared database every host needs the same secrets, so that they must be given."""
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
            f"{name} is not set: this machine made one for itself in {settings.QQCAMPAIGN_HOME}, "
            "which no other host can know, and which a rebuilt container loses. Set "
            f"{name} (or {name}_FILE) to the same value everywhere.",
            id="qqcampaign.E006",
        )
        for name in kept
    ]


@register(Tags.security, deploy=True)
def check_https(app_configs: Apps, **_options: Any) -> Messages:
    """One sentence in place of Django's four: the console is not behind HTTPS."""
    if settings.IS_BEHIND_HTTPS:
        return []
    return [
        Warning(
            "The console is served without HTTPS: right for a stack on your own machine. On a "
            "network, put a proxy that speaks HTTPS in front and set BEHIND_HTTPS=1.",
            id="qqcampaign.W007",
        )
    ]


@register(Tags.compatibility)
def check_egress(app_configs: Apps, **_options: Any) -> Messages:
    """The egress has a plain name, an address of this machine, a proxy that is one."""
    problems: Messages = []
    if not _SIMPLE_NAME.fullmatch(settings.EGRESS_NAME):
        problems.append(
            Error(
                f"EGRESS_NAME is {settings.EGRESS_NAME!r}: use up to 63 letters, digits, dots, "
                "dashes and underscores (it becomes part of a queue's name).",
                id="qqcampaign.E008",
            )
        )
    if settings.EGRESS_SOURCE_ADDRESS and not _is_ours(settings.EGRESS_SOURCE_ADDRESS):
        problems.append(
            Error(
                f"EGRESS_SOURCE_ADDRESS is {settings.EGRESS_SOURCE_ADDRESS!r}, which is not an "
                "address of this machine. `ip address` lists them; leave it out to let the "
                "system choose.",
                id="qqcampaign.E009",
            )
        )
    if settings.EGRESS_PROXY and not _is_proxy(settings.EGRESS_PROXY):
        problems.append(
            Error(  # the value may hold a password: it is not repeated
                "EGRESS_PROXY is not the address of a proxy: write http://host:port or "
                "socks5://host:port; leave it out for none.",
                id="qqcampaign.E010",
            )
        )
    return problems


def environment_problems() -> Messages:
    """Return what keeps any process of ours from starting: every check but those for production."""
    looks = (check_environment, check_home, check_secret_key, check_credential_keys, check_egress)
    return [problem for look in looks for problem in look(None)]


def _kept_secret_is_there(name: str) -> bool:
    try:
        return (settings.QQCAMPAIGN_HOME / name).stat().st_size > 0
    except OSError:
        return False


def _is_ours(address: str) -> bool:
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except (ValueError, OSError):
        return False
    return True


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in _PROXY_SCHEMES and bool(parts.hostname) and parts.port is not None
    except ValueError:
        return False
