"""The page on which somebody keeps their second factors and ends their sessions."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import qrcode
import qrcode.image.svg
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from foundation.refusals import Refusal
from signin import passkeys, totp
from signin.models import Passkey, RecoveryCode, TotpSecret
from signin.pages.verify import STATE, origin_of, read_answer
from signin.second_factor import add_app, has_factor, is_demanded, new_recovery_codes
from signin.session_limits import (
    end_session,
    end_sessions,
    is_verified,
    sessions_of,
    set_verified,
)

_SECRET, _CODES = "signin_new_secret", "signin_new_codes"


@never_cache
@login_required(login_url="admin:login")
def own_sign_in(request: HttpRequest) -> HttpResponse:
    """Show the page (GET), or do what a button says (POST)."""
    user: Any = request.user
    if has_factor(user) and not is_verified(request):
        return HttpResponseRedirect(reverse("second-factor"))
    if request.method == "POST":
        _do(request)
        return HttpResponseRedirect(reverse("second-factor-own"))
    # Kept until it is used: the page may be reloaded while the app is being set up.
    secret = request.session.setdefault(_SECRET, totp.new_secret())
    context = {
        **admin.site.each_context(request),
        "title": _("My sign-in"),
        "app": TotpSecret.objects.filter(user=user).first(),
        "passkeys": Passkey.objects.filter(user=user).order_by("created_at"),
        "codes_left": RecoveryCode.objects.filter(user=user).count(),
        "new_codes": request.session.pop(_CODES, None),
        "secret": secret,
        "picture": _picture(totp.address_for_app(secret, user.get_username())),
        "sessions": sessions_of(user),
        "this_session": request.session.session_key,
        "is_owed": is_demanded(user) and not has_factor(user),
    }
    return TemplateResponse(request, "console/signin/own.html", context)


@require_POST
@login_required(login_url="admin:login")
def new_passkey_options(request: HttpRequest) -> JsonResponse:
    """Answer what the browser needs to make a passkey."""
    if has_factor(request.user) and not is_verified(request):
        return JsonResponse({"problem": _("Give your second factor first.")}, status=403)
    options, state = passkeys.begin_adding(request.user, origin=origin_of(request))
    request.session[STATE] = state
    return JsonResponse(options)


@require_POST
@login_required(login_url="admin:login")
def new_passkey(request: HttpRequest) -> JsonResponse:
    """Store the passkey that the browser has made."""
    user: Any = request.user
    try:
        if has_factor(user) and not is_verified(request):
            raise Refusal(_("Give your second factor first."), code="second_factor")
        state, answer = request.session.pop(STATE, None), read_answer(request)
        name = str(answer.pop("name", ""))
        passkeys.add(user, origin=origin_of(request), state=state, answer=answer, name=name)
    except Refusal as refusal:
        return JsonResponse({"problem": refusal.sentence}, status=400)
    if not RecoveryCode.objects.filter(user=user).exists():
        request.session[_CODES] = new_recovery_codes(user)
    set_verified(request)
    messages.success(request, _("The passkey is stored."))
    return JsonResponse({"next": reverse("second-factor-own")})


def _add_app(request: HttpRequest) -> None:
    user: Any = request.user
    request.session[_CODES] = add_app(
        user, request.session.get(_SECRET, totp.new_secret()), request.POST.get("code", "")
    )
    del request.session[_SECRET]
    set_verified(request)
    messages.success(request, _("The authenticator app is set up."))


def _remove_app(request: HttpRequest) -> None:
    TotpSecret.objects.filter(user=request.user.pk).delete()
    messages.success(request, _("The authenticator app is removed."))


def _remove_passkey(request: HttpRequest) -> None:
    Passkey.objects.filter(user=request.user.pk, pk=_number(request, "passkey")).delete()
    messages.success(request, _("The passkey is removed."))


def _new_codes(request: HttpRequest) -> None:
    user: Any = request.user
    if not has_factor(user):
        raise Refusal(_("Set up an app or a passkey first."), code="no_factor")
    request.session[_CODES] = new_recovery_codes(user)


def _end_session(request: HttpRequest) -> None:
    wanted = _number(request, "session")
    for one in sessions_of(request.user):
        if one.pk == wanted:
            end_session(one.session_key)
            messages.success(request, _("The session is ended."))


def _end_others(request: HttpRequest) -> None:
    count = end_sessions(request.user, but=request.session.session_key or "")
    words = ngettext("%(count)d session is ended.", "%(count)d sessions are ended.", count)
    messages.success(request, words % {"count": count})


_VERBS: dict[str, Callable[[HttpRequest], None]] = {
    "add-app": _add_app,
    "remove-app": _remove_app,
    "remove-passkey": _remove_passkey,
    "new-codes": _new_codes,
    "end-session": _end_session,
    "end-others": _end_others,
}


def _do(request: HttpRequest) -> None:
    verb = _VERBS.get(request.POST.get("verb", ""))
    try:
        if verb is not None:
            verb(request)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)


def _number(request: HttpRequest, name: str) -> int:
    given = request.POST.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def _picture(text: str) -> SafeString:
    """Return the QR code as SVG for the page."""
    image = qrcode.make(text, image_factory=qrcode.image.svg.SvgPathImage, border=2)
    out = io.BytesIO()
    image.save(out)
    svg = out.getvalue().decode("utf-8")
    return mark_safe(svg[svg.index("<svg") :])  # noqa: S308 - made from an escaped address
