"""Asks the API as a program does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from api.scopes import Scope
from api.tokens.issue import issue_token

BASE = "/api/v1/"


def make_user(name: str = "shop", *rights: str, is_superuser: bool = False) -> User:
    """Make a user with permissions such as "campaigns.view_campaign"."""
    user = User.objects.create_user(name, password=None, is_staff=True, is_superuser=is_superuser)
    for right in rights:
        app, _dot, codename = right.partition(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return User.objects.get(pk=user.pk)


@dataclass(frozen=True, slots=True)
class Program:
    """A program with a token."""

    secret: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask the API; a dict is sent as JSON, bytes as they are."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        return Client().generic(
            method,
            BASE + path,
            data,
            content_type=kind,
            headers={
                "Authorization": f"Bearer {self.secret}",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", path, body, **headers)


def program(
    *rights: str, scope: Scope = Scope.ADMIN, name: str = "shop", is_superuser: bool = False
) -> Program:
    """Return a program whose user has these permissions."""
    user = make_user(name, *rights, is_superuser=is_superuser)
    return Program(issue_token(user=user, name="test", scope=scope)[1])


def administrator() -> Program:
    """Return a program that may do everything."""
    return program(is_superuser=True, name="root")
