"""The authentication backend: passwords, with lockout."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from foundation.restricted import is_restricted, open_permissions
from signin.lockout import count_failure, forget_failures, locked_until
from users.refused import note_answer


def address_of(request: HttpRequest) -> str:
    """Return the address a request comes from. Behind a proxy, the web server has set it."""
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def may_use_password(name: str) -> bool:
    """Return whether a name may sign in by password: with OIDC_ONLY only those that it keeps."""
    oidc = settings.OIDC
    return oidc is None or not oidc.is_only or name.strip().casefold() in oidc.local_users


class LockoutBackend(ModelBackend):
    """Checks passwords; after too many wrong ones it checks none for a while."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return the user, or None for a wrong password.

        Raises:
            PermissionDenied: locked, or signing in is the matter of the provider (OIDC_ONLY).
        """
        if username is None or password is None:
            return None
        if request is None:  # a command on this machine
            return super().authenticate(request, username, password, **kwargs)
        if not may_use_password(username):
            raise PermissionDenied
        address = address_of(request)
        if locked_until(username, address) is not None:
            raise PermissionDenied
        user = super().authenticate(request, username, password, **kwargs)
        if user is None:
            count_failure(username, address)
        else:
            forget_failures(username, address)
        return user

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return a user's permissions; a restricted user has few of those of their role."""
        found: set[str] = super().get_all_permissions(user_obj, obj)
        return found & open_permissions() if is_restricted(user_obj) else found

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Return whether a user has a permission; the page that refuses names what was missing."""
        is_allowed = super().has_perm(user_obj, perm, obj)
        note_answer(user_obj, perm, is_allowed)
        return is_allowed
