"""Opens an act for each request. What it changes is recorded when the request is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from audit.addresses import client_address
from foundation.acts import BROWSER, acting, current_act, take_out
from foundation.characters import is_storable

#: Requests with these methods change nothing.
SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
LONGEST_VERB = 80


class Acting:
    """Middleware, after the one that knows the operator: the request is one act."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(channel=BROWSER, address=client_address(request)) as act:
            act.is_watched = request.method not in SAFE_METHODS
            # Lazy: the operator is read only if an entry is written.
            act.user = getattr(request, "user", None)
            response = self.get_response(request)
            if _is_file(response):
                take_out(what=_asked_for(request, {}), page=request.path[:200])
            return response

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, kwargs: Mapping[str, Any]
    ) -> None:
        """Note what is asked for."""
        act = current_act()
        if act is not None and not act.page:
            act.page = _asked_for(request, kwargs)
            act.page_row = str(kwargs.get("object_id", ""))


def _is_file(response: HttpResponse) -> bool:
    """Return whether a response is a file to be kept: data leaves, whatever the page."""
    return response.status_code == 200 and response.get("Content-Disposition", "").startswith(
        "attachment"
    )


def _asked_for(request: HttpRequest, kwargs: Mapping[str, Any]) -> str:
    """Return the verb of the address or the chosen action of a list; the page's name else."""
    for named in (kwargs.get("verb"), request.method == "POST" and request.POST.get("action")):
        if isinstance(named, str) and named and is_storable(named):
            return named[:LONGEST_VERB]
    match = request.resolver_match
    name = (match.url_name if match is not None else "") or ""
    parts = name.split("_", 2)
    return parts[-1][:LONGEST_VERB]
