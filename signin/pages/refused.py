"""The page for what somebody may not do: it names what they are, and the role that may."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from users.refused import why_refused


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403, for people who are signed in with the menu of the console around it."""
    user: Any = getattr(request, "user", None)
    is_inside = user is not None and user.is_authenticated and user.is_active and user.is_staff
    if not is_inside or getattr(request, "is_half_signed_in", False):
        return render(request, "403.html", status=403)
    said = str(exception) if exception is not None else ""
    context = {
        "sentence": said or why_refused(user),
        **admin.site.each_context(request),
        "title": _("You do not have permission"),
    }
    return render(request, "console/refused.html", context, status=403)
