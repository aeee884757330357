"""The page on which administrators help others sign in."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from foundation.refusals import Refusal
from signin.administration import VERBS, locked_names, states


@never_cache
@permission_required("auth.change_user", login_url="admin:login", raise_exception=False)
def others_sign_in(request: HttpRequest) -> HttpResponse:
    """Show users and locks (GET), or do what a button says (POST)."""
    if request.method == "POST":
        try:
            _do(request)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
        return HttpResponseRedirect(reverse("others-sign-in"))
    context = {
        **admin.site.each_context(request),
        "title": _("Signing in"),
        "states": states(),
        "locks": locked_names(),
    }
    return TemplateResponse(request, "console/signin/others.html", context)


def _do(request: HttpRequest) -> None:
    do = VERBS.get(request.POST.get("verb", ""))
    if do is not None:
        done = do(request.POST.get("name", ""), by=request.user)
        messages.success(request, done.sentence)
