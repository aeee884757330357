"""The upload pass: a signed cookie that tells the web server who was signed in, without a query.

The server decides about a body when it has read only the head, in the thread that serves every
connection, where no query may wait. The pass proves only that this browser signed in within a
day; the page that gets the upload checks session and permission as ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

COOKIE, SALT = "qqcampaign_uploads", "qqcampaign.web.upload_pass"
#: Seconds: how long a pass is good for, and the age at which it is renewed.
AGE, RENEWED_AT = 86_400, 3_600


def make_pass(user: str) -> str:
    """Return a pass for a user's primary key."""
    return signing.dumps([user, int(time.time())], salt=SALT)


def user_of(cookies: str) -> str | None:
    """Return the primary key in the pass of a Cookie header; None without a good one."""
    opened = _opened(cookies)
    return opened[0] if opened else None


class UploadPass:
    """Middleware: gives a pass to who is signed in, and takes it back from who is not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer, with a pass if one is due."""
        answer = self._get_response(request)
        # Set only if the view loaded the user; no further query.
        user = getattr(request, "_cached_user", None)
        if user is None or getattr(request, "is_half_signed_in", False):
            return answer
        if not user.is_authenticated:
            # A form of an ended session is still accepted, to be sent again; a sign-out is not one.
            if COOKIE in request.COOKIES and request.path.endswith("/logout/"):
                answer.delete_cookie(COOKIE, samesite="Strict")
            return answer
        opened = _opened(f"{COOKIE}={request.COOKIES.get(COOKIE, '')}")
        if opened is None or opened[0] != str(user.pk) or time.time() - opened[1] > RENEWED_AT:
            answer.set_cookie(
                COOKIE,
                make_pass(str(user.pk)),
                max_age=AGE,
                httponly=True,
                samesite="Strict",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return answer


def _opened(cookies: str) -> tuple[str, int] | None:
    try:
        found = SimpleCookie(cookies).get(COOKIE)
        user, made = signing.loads(found.value if found else "", salt=SALT, max_age=AGE)
    except (signing.BadSignature, CookieError, ValueError, TypeError):
        return None
    return str(user), int(made)
