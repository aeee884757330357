"""Refuses requests that name another encoding than UTF-8.

Python knows encodings that decode no form (`idna`, `rot13`) or fail in their own way: reading such
a form would be an error of the server.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

UNSUPPORTED = 415


class OnlyUtf8:
    """Middleware, the first that could read a form or a question: it must be in UTF-8."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        named = (request.content_params or {}).get("charset", "utf-8")
        if _is_utf8(named):
            return self.get_response(request)
        sentence = "The request names another encoding than UTF-8. Send it in UTF-8.\n"
        return HttpResponse(sentence, status=UNSUPPORTED, content_type="text/plain; charset=utf-8")


def _is_utf8(name: str) -> bool:
    try:
        return codecs.lookup(name).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        return False
