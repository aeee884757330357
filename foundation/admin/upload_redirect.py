"""Redirects after an upload by script: the browser goes there itself.

A script that posts a file would follow the redirect too. The page that it then reads and throws
away would be the one that shows the messages, and the operator would never see them.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

#: The script sends this header; the answer names the address in the other one.
ASKED, ADDRESS = "X-Upload", "X-Upload-Address"


class UploadRedirect:
    """Middleware: answers an upload by script with the address in place of a redirect."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer; without a redirect as it is."""
        answer = self._get_response(request)
        if ASKED not in request.headers or "Location" not in answer.headers:
            return answer
        told = HttpResponse(headers={ADDRESS: answer.headers["Location"]})
        told.cookies = answer.cookies
        return told
