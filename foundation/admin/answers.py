"""Answers that pages of several models give."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

#: The status that makes htmx stop polling, once there is nothing more to wait for.
STOP_POLLING = 286


def after_saving(request: HttpRequest, response: HttpResponse, *, page: str) -> HttpResponse:
    """Return the answer to a saved form: after "Save", the row's own page is the next step.

    Args:
        request: the request.
        response: the answer of Django's admin, for its other buttons.
        page: the URL of the row's page.
    """
    stays = {"_continue", "_addanother", "_popup"} & set(request.POST)
    if stays or not isinstance(response, HttpResponseRedirect):
        return response
    return HttpResponseRedirect(page)
