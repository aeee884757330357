"""Sign-ins, sign-outs and failed sign-ins, as Django's signals tell of them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from audit.addresses import client_address
from audit.models import LONGEST_NAME
from audit.trail import write_entry
from foundation.acts import BROWSER, Act, current_act
from foundation.characters import UNSTORABLE

SIGN_IN, SIGN_OUT, SIGN_IN_FAILED = "sign_in", "sign_out", "sign_in_failed"


def listen_to_sign_ins() -> None:
    """Have each of them noted."""
    user_logged_in.connect(_on_sign_in, dispatch_uid="audit")
    user_logged_out.connect(_on_sign_out, dispatch_uid="audit")
    user_login_failed.connect(_on_failure, dispatch_uid="audit")


def _on_sign_in(sender: Any, request: Any, user: Any, **_about: Any) -> None:
    _note(request, SIGN_IN, user=user)


def _on_sign_out(sender: Any, request: Any, user: Any, **_about: Any) -> None:
    if user is not None:
        _note(request, SIGN_OUT, user=user)


def _on_failure(sender: Any, credentials: Any, request: Any = None, **_about: Any) -> None:
    name = str(credentials.get("username") or "")
    _note(request, SIGN_IN_FAILED, who=UNSTORABLE.sub("\ufffd", name)[:LONGEST_NAME])


def _note(request: Any, verb: str, *, user: Any = None, who: str = "") -> None:
    act = current_act()
    if act is None:
        address = client_address(request) if request is not None else ""
        write_entry(Act(BROWSER, user=user, who=who, address=address, verb=verb))
        return
    act.is_kept = True
    act.user, act.who, act.verb = user, who, verb
