"""Middleware: ends sessions in time, and lets nobody past who owes a second factor."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from foundation.admin.lost_session import DRAFT_FIELD, DRAFT_KEPT
from signin.second_factor import has_factor, is_demanded
from signin.session_limits import is_over, is_verified, note_use

#: Addresses that somebody may use who has given only the password.
_FREE = (
    "/signing-in/own/",
    "/signing-in/passkey-",
    "/login/",
    "/logout/",
    "/i18n/",
    "/static/",
    "/health/",
)
#: The session remembers that its user has no second factor and needs none, for a minute.
_NONE = "signin_no_factor"
_REMEMBERED = 60


class SessionLimits:
    """Signs out who has been signed in, or idle, for too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        now = time.time()
        if request.session.get(SESSION_KEY) is not None and is_over(request.session, now):
            logout(request)
        answer = self._get_response(request)
        if request.session.get(SESSION_KEY) is not None and request.session.session_key:
            note_use(request, now)
        return answer


class SecondFactor:
    """Sends who has signed in by password to the page of the second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer, or the way to the second factor."""
        is_signed_in = request.session.get(SESSION_KEY) is not None
        if not is_signed_in and request.path == reverse("sign-in-again"):
            return self._signed_in_again(request)
        if not is_signed_in or _is_free(request.path) or not _owes(request):
            return self._get_response(request)
        request.is_half_signed_in = True  # type: ignore[attr-defined]
        page = reverse("second-factor")
        if "HX-Request" in request.headers:
            return HttpResponse(status=204, headers={"HX-Redirect": page})
        onward = request.get_full_path() if request.method == "GET" else "/"
        return HttpResponseRedirect(f"{page}?{urlencode({'next': onward})}")

    def _signed_in_again(self, request: HttpRequest) -> HttpResponseBase:
        """Keep what was typed in an ended session until the second factor is given."""
        answer = self._get_response(request)
        if request.session.get(SESSION_KEY) is None or not _owes(request):
            return answer
        request.session[DRAFT_KEPT] = request.POST.get(DRAFT_FIELD, "")
        onward = urlencode({"next": request.path})
        return HttpResponseRedirect(f"{reverse('second-factor')}?{onward}")


def _is_free(path: str) -> bool:
    return path == reverse("second-factor") or path.startswith(_FREE)


def _owes(request: HttpRequest) -> bool:
    if is_verified(request):
        return False
    if time.time() - request.session.get(_NONE, 0) < _REMEMBERED:
        return False
    if not request.user.is_authenticated:
        return False
    if has_factor(request.user) or is_demanded(request.user):
        return True
    request.session[_NONE] = int(time.time())
    return False
