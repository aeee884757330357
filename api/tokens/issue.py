"""The services that issue a token and revoke one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from api.models import Token
from api.scopes import Scope
from api.tokens.marks import digest_of, new_secret
from clocks import shared
from foundation.characters import is_storable
from foundation.refusals import Refusal
from foundation.spans import read_span

#: Characters of a token that its owner sees later.
SHOWN = 10
LONGEST_NAME = 100
LONGEST_LIFE = timedelta(days=3660)


def issue_token(
    *, user: Any, name: str, scope: str = Scope.READ, expires: str | None = None
) -> tuple[Token, str]:
    """Issue a token of a user; return its row, and the token itself, which is not stored.

    Args:
        user: whom the token signs in.
        name: what it is for, such as "shop"; one living token of a user has it.
        scope: what it may do at most.
        expires: after how long it ends, such as "90d"; None: it does not end.

    Raises:
        Refusal: the user is not active (`user_inactive`), the name is empty, too long or taken
            (`token_name`, `token_name_taken`), or the time cannot be read (`expires_malformed`).
    """
    if not user.is_active:
        raise Refusal(
            _("%(user)s is not active and can have no token.") % {"user": user.get_username()},
            code="user_inactive",
        )
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not is_storable(name):
        raise Refusal(
            _("Give the token a name of 1 to %(most)d characters: what it is for.")
            % {"most": LONGEST_NAME},
            code="token_name",
        )
    now = shared.wall()
    secret = new_secret()
    try:
        with transaction.atomic():
            token = Token.objects.create(
                user=user,
                name=name,
                scope=Scope(scope),
                start=secret[:SHOWN],
                digest=digest_of(secret),
                created_at=now,
                expires_at=_end(expires, now=now),
            )
    except IntegrityError:
        raise Refusal(
            _("%(user)s has a token “%(name)s” already: revoke it first, or choose another name.")
            % {"user": user.get_username(), "name": name},
            code="token_name_taken",
        ) from None
    return token, secret


def revoke_token(*, token: Token) -> bool:
    """Revoke a token, which no request can use from then on; return whether it was in force."""
    return bool(Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=shared.wall()))


def find_token(*, user: Any, name: str) -> Token:
    """Return a living token of a user.

    Raises:
        Refusal: there is none of this name (`token_unknown`).
    """
    found = Token.objects.filter(user=user, name=name.strip(), revoked_at=None).first()
    if found is None:
        raise Refusal(
            _("%(user)s has no token “%(name)s”.")
            % {"user": user.get_username(), "name": name[:LONGEST_NAME]},
            code="token_unknown",
        )
    return found


def _end(expires: str | None, *, now: datetime) -> datetime | None:
    if expires is None:
        return None
    span = read_span(expires)
    if not span or timedelta(seconds=span) > LONGEST_LIFE:
        raise Refusal(
            _("The end “%(text)s” cannot be read: write 12h or 90d, ten years at most.")
            % {"text": expires[:20]},
            code="expires_malformed",
        )
    return now + timedelta(seconds=span)
