"""Refuses requests that name another encoding than UTF-8.

Python knows encodings that decode no form (`idna`, `rot13`) or fail in their own way: reading such
a form would be an error of the server.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse

UNSUPPORTED = 415


class Utf8Request(WSGIRequest):
    """A request that can be made whatever encoding it names; `OnlyUtf8` refuses it then."""

    def _set_content_type_params(self, environ: Any) -> None:
        try:
            super()._set_content_type_params(environ)  # type: ignore[misc]
        except (LookupError, ValueError):  # among them every UnicodeError
            self._encoding = None


class Utf8Handler(WSGIHandler):
    """The application, with requests that can always be made."""

    request_class = Utf8Request


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
