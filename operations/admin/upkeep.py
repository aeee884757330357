"""The page of data and backups: what is old, what was backed up, and the buttons for both."""

from __future__ import annotations

import contextlib
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import authenticate
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from foundation.admin import require
from foundation.refusals import Refusal
from operations.models import OPEN, Upkeep, UpkeepKind
from operations.pruning.prune import count_old
from operations.tasks import do_upkeep
from operations.upkeep.files import backup_file, backups, bytes_so_far
from operations.upkeep.run import request_upkeep
from retention.kinds import kinds


class DownloadForm(forms.Form):
    """Which backup, and the operator's own password: a backup holds everything."""

    file = forms.CharField(max_length=100)
    password = forms.CharField(strip=False, max_length=4096)


def upkeep_view(request: HttpRequest) -> HttpResponseBase:
    """Show what is old and what was backed up (GET), or do what a button says (POST)."""
    require(request.user.has_perm("holds.change_hold"))
    if request.method == "POST":
        try:
            return _do(request, request.POST.get("verb", ""))
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
        return HttpResponseRedirect(reverse("upkeep"))
    return TemplateResponse(request, "console/upkeep.html", _context(request))


def _do(request: HttpRequest, verb: str) -> HttpResponseBase:
    if verb == "download":
        return _download(request)
    if verb not in UpkeepKind.values:
        return HttpResponse(status=400)
    request_upkeep(kind=UpkeepKind(verb), by=request.user)
    with contextlib.suppress(OperationalError):  # the tick finds it
        do_upkeep.delay()
    messages.success(request, _("It is done in the background; this page shows how far it is."))
    return HttpResponseRedirect(reverse("upkeep"))


def _download(request: HttpRequest) -> HttpResponseBase:
    form = DownloadForm(request.POST)
    if not form.is_valid():
        raise Refusal(_("Give your own password to download a backup."), code="no_password")
    name = request.user.get_username()
    password = form.cleaned_data["password"]
    if authenticate(request, username=name, password=password) != request.user:
        raise Refusal(_("This is not your password."), code="wrong_password")
    path = backup_file(form.cleaned_data["file"])
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


def _context(request: HttpRequest) -> dict[str, Any]:
    found = list(kinds())
    counts = count_old(chosen=found) if "count" in request.GET else None
    open_one = Upkeep.objects.filter(state__in=OPEN).first()
    return {
        **admin.site.each_context(request),
        "title": _("Data and backups"),
        "kinds": [
            {
                "words": kind.words,
                "setting": kind.setting,
                "days": None if (age := kind.age()) is None else round(age.total_seconds() / 86400),
                "old": None if counts is None else counts.get(kind.name, 0),
            }
            for kind in found
        ],
        "is_counted": counts is not None,
        "has_old": any((counts or {}).values()),
        "backups": backups(),
        "open": open_one,
        "bytes": bytes_so_far(open_one.file) if open_one is not None and open_one.file else 0,
        "ended": Upkeep.objects.exclude(state__in=OPEN).select_related("requested_by")[:10],
    }
