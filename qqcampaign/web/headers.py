"""The headers that tell a browser what pages of the console may do."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

#: Scripts come from our own files only; none of a page's own text is run. Alpine, which Unfold is
#: made with, evaluates the expressions in its attributes and needs 'unsafe-eval'; styles in pages
#: (colours, widths of bars) need 'unsafe-inline', which runs nothing.
CONTENT = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-eval'",
    "script-src-attr": "'none'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "object-src": "'none'",
    "frame-src": "'none'",
    "worker-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
#: What no page of the console needs, and what a passkey needs.
PERMISSIONS = (
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), "
    "gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)"
)
_POLICY = "; ".join(f"{name} {value}" for name, value in CONTENT.items())


class PageHeaders:
    """Middleware: adds the headers to every answer that has none of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer with the headers."""
        answer = self._get_response(request)
        answer.headers.setdefault("Content-Security-Policy", _POLICY)
        answer.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return answer
