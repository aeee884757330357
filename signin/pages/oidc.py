"""The way to the provider, and back."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.signals import user_login_failed
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from foundation.acts import current_act
from foundation.refusals import Refusal
from signin.backend import address_of
from signin.oidc.people import user_of
from signin.oidc.provider import go_to_provider, read_proof, way_out
from signin.session_limits import set_verified

logger = logging.getLogger("qqcampaign.signin")
BACKEND = "signin.backend.LockoutBackend"
_NEXT = "oidc_next"


@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Send somebody to the provider."""
    _refuse_without_provider()
    if request.user.is_authenticated:
        return HttpResponseRedirect(reverse("admin:index"))
    onward = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(
        onward, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        request.session[_NEXT] = onward[:2000]
    try:
        return go_to_provider(request, back=_address(request, "oidc-back"))
    except Refusal as refusal:
        return _refused(request, refusal)


@never_cache
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Sign in who comes back from the provider with a proof."""
    _refuse_without_provider()
    if request.user.is_authenticated:
        return HttpResponseRedirect(reverse("admin:index"))
    onward = request.session.pop(_NEXT, "") or reverse("admin:index")
    act = current_act()
    if act is not None:
        act.is_watched = True  # a GET that may add a user, or change a role
    try:
        claims = read_proof(request)
        user = user_of(claims)
    except Refusal as refusal:
        return _refused(request, refusal)
    login(request, user, backend=BACKEND)
    if settings.OIDC.trusts_mfa and _has_second_factor(claims.get("amr")):
        set_verified(request)
    return HttpResponseRedirect(onward)


@never_cache
@require_GET
def leave(request: HttpRequest) -> HttpResponse:
    """Send somebody who has signed out here to the provider, to sign out there too."""
    _refuse_without_provider()
    try:
        address = way_out(back=_address(request, "admin:login"))
    except Refusal as refusal:
        return _refused(request, refusal)
    return HttpResponseRedirect(address or reverse("admin:login"))


def _refuse_without_provider() -> None:
    if settings.OIDC is None:
        raise Http404


def _address(request: HttpRequest, name: str) -> str:
    path = reverse(name)
    console = getattr(settings, "CONSOLE_URL", "")
    return f"{console.rstrip('/')}{path}" if console else request.build_absolute_uri(path)


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Note the failure, and show the sentence on the sign-in page."""
    logger.warning(
        "Signing in through %s failed: %s, address %s.",
        settings.OIDC.name,
        refusal.code,
        address_of(request),
    )
    user_login_failed.send(
        sender=__name__,
        credentials={"username": f"{settings.OIDC.name}: {refusal.code}"},
        request=request,
    )
    messages.error(request, refusal.sentence)
    return HttpResponseRedirect(reverse("admin:login"))


def _has_second_factor(methods: Any) -> bool:
    """Return whether the provider says that it asked for a second factor (RFC 8176)."""
    return isinstance(methods, list) and "mfa" in methods
