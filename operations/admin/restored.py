"""The page of a restored installation: what is not known, a choice for each run, the release."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.admin import require
from foundation.refusals import Refusal
from operations.restoring.facts import doubts_as_json, unknown_sentences
from operations.restoring.release import Doubts, doubts, release
from sending.states import RunState

#: The value of a run's choice that has its open messages sent.
GO_ON = "go_on"


def restored_view(request: HttpRequest) -> HttpResponse:
    """Show what is in doubt (GET), or release the installation with the choices (POST)."""
    require(request.user.has_perm("holds.change_hold"))
    try:
        found = doubts()
        if request.method == "POST":
            return _release(request, found)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(reverse("admin:index"))
    facts = doubts_as_json(found)
    context = {
        **admin.site.each_context(request),
        "title": _("Restored from a backup"),
        "sentences": unknown_sentences(facts, found),
        "runs": [{**run, "label": RunState(run["state"]).label} for run in facts["runs"]],
        "go_on": GO_ON,
    }
    return TemplateResponse(request, "console/restored.html", context)


def _release(request: HttpRequest, found: Doubts) -> HttpResponse:
    keys = [one.run.pk for one in found.open_runs] + [run.pk for run in found.unplanned]
    chosen = [key for key in keys if request.POST.get(f"run-{key}") == GO_ON]
    done: Any = release(go_on=chosen, by=request.user)
    messages.success(
        request,
        _("Released: the engine sends again. %(unknown)d messages are unknown now.")
        % {"unknown": done.unknown},
    )
    return HttpResponseRedirect(reverse("admin:index"))
