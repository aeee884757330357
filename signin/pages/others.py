"""The page on which administrators help others sign in."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.decorators import permission_required
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from foundation.refusals import Refusal
from signin.administration import (
    end_all_sessions,
    find_user,
    locked_names,
    reset_second_factor,
    states,
    unlock_name,
)


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
    verb, name, by = request.POST.get("verb"), request.POST.get("name", ""), _user(request)
    if verb == "unlock":
        unlock_name(name)
        said = _("%(name)s can sign in again.") % {"name": name}
    elif verb == "end-sessions":
        end_all_sessions(find_user(name), by=by)
        said = _("%(name)s is signed out everywhere.") % {"name": name}
        _log(name, by, said)
    elif verb == "reset-second-factor":
        reset_second_factor(find_user(name), by=by)
        said = _("The second factors of %(name)s are removed.") % {"name": name}
        _log(name, by, said)
    else:
        return
    messages.success(request, said)


def _log(name: str, by: Any, said: str) -> None:
    """Write it to the log that the user's page shows."""
    user = find_user(name)
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(user),
        object_id=str(user.pk),
        object_repr=name[:200],
        action_flag=CHANGE,
        change_message=said,
    )


def _user(request: HttpRequest) -> Any:
    return request.user
