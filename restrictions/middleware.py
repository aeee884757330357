"""Middleware: closes pages to restricted users, scopes what the open ones read, checks writes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from foundation.restricted import is_restricted, pieces_seen_as, refuse_beyond, seeing_as
from restrictions.open import CLOSED_VERBS, OWN, PAGES, WRITING

_READING = ("GET", "HEAD", "OPTIONS")


class OnlyOpenPages:
    """Closes pages, also those that are added later; serves the open ones with the user's rows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer. What a restricted user changes is one transaction, checked at its end.

        Raises:
            PermissionDenied: a change would reach beyond the user's part; nothing of it stays.
        """
        user = request.user
        if not is_restricted(user):
            return self._get_response(request)
        is_reading = request.method in _READING
        with nullcontext() if is_reading else transaction.atomic():
            with seeing_as(user):
                response = self._get_response(request)
                try:
                    refuse_beyond()
                except Refusal as refusal:
                    raise PermissionDenied(refusal.sentence) from None
            if not is_reading and response.status_code >= 400:
                transaction.set_rollback(True)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            # It is made while it is sent, after this.
            made: Any = response.streaming_content
            response.streaming_content = pieces_seen_as(user, made)
        return response

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
        is_reading = request.method in _READING
        if name not in PAGES or not (is_reading or name in WRITING):
            raise PermissionDenied(closed())
        if kwargs.get("verb") in CLOSED_VERBS.get(name, ()):
            raise PermissionDenied(closed())
        return None


def closed() -> str:
    """Return the sentence for what is closed."""
    return _(
        "You are restricted to the accounts and lists of some labels or pools. This page is not "
        "open to restricted users. Ask an administrator."
    )
