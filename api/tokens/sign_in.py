"""Sign a request in by its token."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from api.models import Token
from api.pipeline.problems import Problem
from api.tokens.marks import digest_of, is_marked
from clocks import shared

#: The last use is written at most so often.
USE_WRITTEN_EVERY = timedelta(minutes=1)
#: No token is longer.
_LONGEST = 200


def sign_in(authorization: str) -> Token:
    """Return the token of a request, with its user, and note the use.

    Args:
        authorization: the header Authorization.

    Raises:
        Problem: 401; there is no token, it is unknown, revoked or expired, or its user is not
            active.
    """
    kind, _blank, secret = authorization.partition(" ")
    secret = secret.strip()
    if kind.lower() != "bearer" or not secret or len(secret) > _LONGEST:
        raise _refused(_("Sign in with a token: the header is Authorization: Bearer TOKEN."))
    token = Token.objects.select_related("user").filter(digest=digest_of(secret)).first()
    now = shared.wall()
    if token is None or token.revoked_at is not None or not token.user.is_active:
        raise _refused(_("The token is unknown or revoked, or its user is not active."))
    if token.expires_at is not None and token.expires_at <= now:
        raise _refused(_("The token has expired: issue a new one."))
    if token.last_used_at is None or token.last_used_at <= now - USE_WRITTEN_EVERY:
        unwritten = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_WRITTEN_EVERY)
        Token.objects.filter(unwritten, pk=token.pk).update(last_used_at=now)
    return token


def named_token(authorization: str) -> Token | None:
    """Return the token that a refused request names, whether or not it is in force; None: none.

    Only what this installation has made is looked up, so a flood of others costs no query.

    Args:
        authorization: the header Authorization.
    """
    secret = authorization.partition(" ")[2].strip()
    if not is_marked(secret):
        return None
    return Token.objects.select_related("user").filter(digest=digest_of(secret)).first()


def _refused(sentence: str) -> Problem:
    return Problem(
        401, sentence, code="not_signed_in", headers={"WWW-Authenticate": 'Bearer realm="api"'}
    )
