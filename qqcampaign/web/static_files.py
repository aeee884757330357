"""Static files by the addresses of another version, which pages of that version still ask for."""

from __future__ import annotations

import re
from urllib.parse import unquote

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static

#: What `qqcampaign.web_settings.static_fingerprint` returns.
_FINGERPRINT = re.compile(r"^[0-9a-f]{12}/")


def moved(request: HttpRequest, name: str) -> HttpResponse:
    """Lead to a file's address in this version."""
    found = static(_FINGERPRINT.sub("", name))
    is_here = unquote(found) == request.path  # the server of the files has none of this name
    if is_here or not found.startswith(static("")):
        raise Http404
    return HttpResponseRedirect(found)
