"""When a session ends by itself, and the list of the sessions of a user.

The times are kept in the session, under its key: a new sign-in changes the key and begins anew.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from signin.backend import address_of
from signin.models import SignedInSession

TIMES, VERIFIED = "signin_times", "signin_second_factor"
#: Seconds: how exactly the last use is kept. Not every page writes the session.
EXACT_TO = 60
#: Requests that a page makes by itself carry the first header; the second says by hand.
BY_SCRIPT, BY_HAND = "HX-Request", "X-By-Hand"


def is_over(session: Any, now: float) -> bool:
    """Return whether a signed-in session has lasted, or has not been used, for too long."""
    key, signed_in, used = session.get(TIMES) or ("", now, now)
    if key != session.session_key:
        return False
    hours, minutes = settings.SESSION_HOURS, settings.SESSION_IDLE_MINUTES
    return bool(now - signed_in > hours * 3600 or now - used > minutes * 60)


def note_use(request: HttpRequest, now: float) -> None:
    """Keep when a session was used, unless the page asked by itself."""
    session = request.session
    key, _signed_in, used = session.get(TIMES) or ("", now, now)
    if key != session.session_key:
        session[TIMES] = (session.session_key, now, now)
        _list(request, now)
    elif _is_by_hand(request) and now - used > min(EXACT_TO, settings.SESSION_IDLE_MINUTES * 6):
        session[TIMES] = (key, _signed_in, now)
        moment = datetime.fromtimestamp(now, UTC)
        SignedInSession.objects.filter(session_key=key).update(used_at=moment)


def set_verified(request: HttpRequest) -> None:
    """Note that the second factor was given in this session."""
    request.session[VERIFIED] = request.session.session_key


def is_verified(request: HttpRequest) -> bool:
    """Return whether the second factor was given in this session."""
    key = request.session.session_key
    return bool(key) and request.session.get(VERIFIED) == key


def sessions_of(user: Any) -> list[SignedInSession]:
    """Return the sessions in which the user is signed in, the last used first."""
    oldest = datetime.fromtimestamp(time.time() - settings.SESSION_HOURS * 3600, UTC)
    idle = datetime.fromtimestamp(time.time() - settings.SESSION_IDLE_MINUTES * 60 - 60, UTC)
    rows = SignedInSession.objects.filter(user=user)
    rows.filter(signed_in_at__lt=oldest).delete()
    return list(rows.filter(used_at__gt=idle).order_by("-used_at"))


def end_session(key: str) -> None:
    """End a session, wherever it is."""
    SessionStore(key).delete()
    SignedInSession.objects.filter(session_key=key).delete()


def end_sessions(user: Any, *, but: str = "") -> int:
    """End all sessions of a user, except one; return how many."""
    keys = [one.session_key for one in SignedInSession.objects.filter(user=user)]
    ended = [key for key in keys if key != but]
    for key in ended:
        end_session(key)
    return len(ended)


def _is_by_hand(request: HttpRequest) -> bool:
    return BY_SCRIPT not in request.headers or BY_HAND in request.headers


def _list(request: HttpRequest, now: float) -> None:
    moment = datetime.fromtimestamp(now, UTC)
    SignedInSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user_id": request.session[SESSION_KEY],
            "address": address_of(request),
            "browser": request.headers.get("User-Agent", "")[:200],
            "signed_in_at": moment,
            "used_at": moment,
        },
    )
