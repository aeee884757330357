"""The versions of a template: the list, the differences, and the restoring of one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext

from campaigns.models import MessageTemplate, TemplateVersion
from campaigns.writing.versions import (
    find_version,
    restore_version,
    runs_by_version,
    version_differences,
)
from foundation.admin import require
from foundation.refusals import Refusal
from foundation.sentences import Sentence

#: The most versions that the list shows.
MOST_VERSIONS = 200
#: The most runs that it shows of each; the page of one shows twice as many.
SHOWN_RUNS = 10


class TemplateVersions:
    """Mixin of MessageTemplateAdmin: the pages of the versions."""

    def versions_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """List the versions of a template, the newest first."""
        template = self._template(request, object_id)
        versions = template.versions.select_related("created_by")[:MOST_VERSIONS]
        runs = runs_by_version(template)
        context = {
            **self._version_context(request, template),
            "title": gettext("Versions of %(name)s") % {"name": template},
            "versions": [(one, runs.get(one.number, [])[:SHOWN_RUNS]) for one in versions],
            "most": MOST_VERSIONS,
        }
        return TemplateResponse(request, "console/campaign/versions.html", context)

    def version_view(self, request: HttpRequest, object_id: int, number: int) -> HttpResponse:
        """Show a version and its differences (GET), or restore it (POST)."""
        template = self._template(request, object_id)
        try:
            version = find_version(template=template, number=number)
        except Refusal:
            raise Http404 from None
        if request.method == "POST":
            return self._restore(request, template, version)
        newest = template.versions.first()
        against = self._against(request, template, version)
        context = {
            **self._version_context(request, template),
            "title": str(version),
            "version": version,
            "against": against,
            "newest": newest,
            "differences": version_differences(version, against),
            "texts": sorted(version.texts.items()),
            "runs": runs_by_version(template).get(version.number, [])[: 2 * SHOWN_RUNS],
        }
        return TemplateResponse(request, "console/campaign/version.html", context)

    def _restore(
        self, request: HttpRequest, template: MessageTemplate, version: TemplateVersion
    ) -> HttpResponse:
        require(self.has_change_permission(request, template))  # type: ignore[attr-defined]
        address = "admin:campaigns_messagetemplate_version"
        try:
            with transaction.atomic():
                made = restore_version(template=template, number=version.number, by=request.user)
                said = Sentence("Version %(number)d is restored.") % {"number": version.number}
                self.log_change(request, template, said)  # type: ignore[attr-defined]
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return HttpResponseRedirect(reverse(address, args=[template.pk, version.number]))
        messages.success(
            request,
            gettext("Version %(old)d is restored: it is version %(new)d now.")
            % {"old": version.number, "new": made.number},
        )
        return HttpResponseRedirect(reverse(address, args=[template.pk, made.number]))

    def _template(self, request: HttpRequest, object_id: int) -> MessageTemplate:
        if object_id >= 2**63:
            raise Http404
        found: Any = self.get_object(request, str(object_id))  # type: ignore[attr-defined]
        require(self.has_view_permission(request, found))  # type: ignore[attr-defined]
        if not isinstance(found, MessageTemplate):
            raise Http404
        return found

    def _against(
        self, request: HttpRequest, template: MessageTemplate, version: TemplateVersion
    ) -> TemplateVersion | None:
        """Return the version to compare with: the one of the query, else the one before."""
        asked = request.GET.get("against", "")
        if asked.isascii() and asked.isdigit() and len(asked) < 10:
            return template.versions.filter(number=int(asked)).first()
        return template.versions.filter(number__lt=version.number).first()

    def _version_context(self, request: HttpRequest, template: MessageTemplate) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": MessageTemplate._meta,
            "original": template,
            "template": template,
            "may_change": self.has_change_permission(request, template),  # type: ignore[attr-defined]
        }
