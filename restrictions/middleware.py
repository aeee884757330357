"""Middleware: closes every page to restricted users that is not named as open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.restricted import is_restricted
from restrictions.open import CAMPAIGN_VERBS, OWN, PAGES, WRITING


class OnlyOpenPages:
    """Closes pages, also those that are added later."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Let a request pass, or refuse it.

        Raises:
            PermissionDenied: the page is closed to the user.
        """
        name = (request.resolver_match.url_name if request.resolver_match else "") or ""
        if name in OWN or not is_restricted(request.user):
            return None
        is_reading = request.method in ("GET", "HEAD", "OPTIONS")
        if name == "index" and is_reading:
            return HttpResponseRedirect(reverse("admin:campaigns_campaign_changelist"))
        if name not in PAGES or not (is_reading or name in WRITING):
            raise PermissionDenied(closed())
        if name == "campaigns_campaign_do" and kwargs.get("verb") not in CAMPAIGN_VERBS:
            raise PermissionDenied(closed())
        return None


def closed() -> str:
    """Return the sentence for what is closed."""
    return _(
        "You are restricted to the accounts and lists of some labels or pools. This page is not "
        "open to restricted users. Ask an administrator."
    )
