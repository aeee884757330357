"""The page that asks for the second factor after the password."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.request import RawPostDataException
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from foundation.refusals import Refusal
from signin import passkeys
from signin.backend import address_of
from signin.lockout import count_failure, forget_failures, locked_until
from signin.models import Passkey, TotpSecret
from signin.second_factor import has_factor, is_right_code
from signin.session_limits import is_verified, set_verified

STATE = "signin_passkey_state"


@never_cache
@login_required(login_url="admin:login")
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for a code or a passkey (GET), or check the code (POST)."""
    onward, problem = _onward(request), ""
    if is_verified(request):
        return HttpResponseRedirect(onward)
    if not has_factor(request.user):
        return HttpResponseRedirect(reverse("second-factor-own"))
    if request.method == "POST":
        problem = _check_code(request)
        if not problem:
            return HttpResponseRedirect(onward)
    context = {
        **admin.site.each_context(request),
        "title": _("Second factor"),
        "problem": problem,
        "next": onward,
        "has_app": TotpSecret.objects.filter(user=request.user.pk).exists(),
        "has_passkey": Passkey.objects.filter(user=request.user.pk).exists(),
    }
    return TemplateResponse(request, "console/signin/verify.html", context)


@require_POST
@login_required(login_url="admin:login")
def passkey_options(request: HttpRequest) -> JsonResponse:
    """Answer what the browser needs to prove with a passkey."""
    options, state = passkeys.begin_proving(request.user, origin=origin_of(request))
    request.session[STATE] = state
    return JsonResponse(options)


@require_POST
@login_required(login_url="admin:login")
def passkey_proof(request: HttpRequest) -> JsonResponse:
    """Check the browser's proof."""
    try:
        state, answer = request.session.pop(STATE, None), read_answer(request)
        passkeys.prove(request.user, origin=origin_of(request), state=state, answer=answer)
    except Refusal as refusal:
        return JsonResponse({"problem": refusal.sentence}, status=400)
    set_verified(request)
    return JsonResponse({"next": _onward(request)})


def read_answer(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON of a browser's answer about a passkey.

    Raises:
        Refusal: it is none.
    """
    try:
        answer = json.loads(request.body)
    except (ValueError, RecursionError, RawPostDataException):  # the last one: it is a form
        answer = None
    if not isinstance(answer, dict):
        raise Refusal(_("The passkey was not accepted. Try again."), code="passkey")
    return answer


def origin_of(request: HttpRequest) -> str:
    """Return the origin of the console, as the browser names it."""
    return f"{request.scheme}://{request.get_host()}"


def _check_code(request: HttpRequest) -> str:
    """Note that the second factor was given; return what is wrong, or nothing."""
    # Failures are counted apart from those of passwords, which a right password forgets.
    name, address = f"second factor {request.user.pk}", address_of(request)
    if locked_until(name, address) is not None:
        return _("Too many wrong codes. Wait 15 minutes.")
    if not is_right_code(request.user, request.POST.get("code", "")):
        count_failure(name, address)
        return _("This code is wrong, too old or used already. Type the code that is shown now.")
    forget_failures(name, address)
    set_verified(request)
    return ""


def _onward(request: HttpRequest) -> str:
    onward = request.POST.get("next") or request.GET.get("next") or "/"
    is_here = url_has_allowed_host_and_scheme(onward, allowed_hosts={request.get_host()})
    return onward if is_here else "/"
