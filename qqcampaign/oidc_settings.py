"""Settings of single sign-on by OpenID Connect."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from qqcampaign import environment
from qqcampaign.signin_settings import ROLES

_NEEDED = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Oidc:
    """How people sign in through a provider.

    Attributes:
        issuer, client_id, client_secret: what the provider and the console agreed on.
        name: the provider's name on the sign-in page.
        roles_claim: the claim that says who somebody is there, such as their groups.
        roles: by a value of that claim, the role it gives. Empty: roles are kept here.
        creates: whether who comes with a role for the first time becomes a user.
        is_only: whether passwords are refused, except those of `local_users`.
        local_users: names that may sign in by password although `is_only`.
        trusts_mfa: whether a second factor that the provider asked for counts here.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    roles_claim: str
    roles: dict[str, str]
    creates: bool
    is_only: bool
    local_users: frozenset[str]
    trusts_mfa: bool


def read_oidc(problems: list[str]) -> Oidc | None:
    """Return the settings, None if there is no provider; problems are added to the list."""
    try:
        return _read(problems)
    except environment.EnvironmentProblem as problem:
        problems.append(str(problem))
        return None


def _read(problems: list[str]) -> Oidc | None:
    issuer, client_id, secret = (environment.read(os.environ, name) for name in _NEEDED)
    if not issuer and not client_id:
        return None
    missing = [
        name for name, value in zip(_NEEDED, (issuer, client_id, secret), strict=True) if not value
    ]
    if missing:
        problems.append(f"{missing[0]} is missing: set {', '.join(_NEEDED)} all, or none of them.")
        return None
    parts = urlsplit(issuer)
    if not parts.hostname or not (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    ):
        problems.append(
            f"OIDC_ISSUER is {issuer!r}: write the https:// address that the provider calls its "
            "issuer."
        )
        return None
    roles = _roles(problems)
    creates = environment.read_bool(os.environ, "OIDC_CREATE_USERS")
    if creates and not roles:
        problems.append(
            "OIDC_CREATE_USERS is on, but OIDC_ROLES gives nobody a role: write pairs such as "
            "console-operators=operator."
        )
    return Oidc(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        name=environment.read(os.environ, "OIDC_NAME", parts.hostname),
        roles_claim=environment.read(os.environ, "OIDC_ROLES_CLAIM", "groups"),
        roles=roles,
        creates=creates and bool(roles),
        is_only=environment.read_bool(os.environ, "OIDC_ONLY"),
        local_users=frozenset(
            name.casefold()
            for name in environment.read_list(os.environ, "OIDC_LOCAL_USERS", list[str]())
        ),
        trusts_mfa=environment.read_bool(os.environ, "OIDC_TRUST_MFA"),
    )


def _roles(problems: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in environment.read_list(os.environ, "OIDC_ROLES", list[str]()):
        value, _equals, role = pair.rpartition("=")
        if not value or role not in ROLES:
            problems.append(
                f"OIDC_ROLES has {pair!r}: write value=role, with one of {', '.join(ROLES)}."
            )
        else:
            found[value] = role
    return found
