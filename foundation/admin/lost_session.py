"""An expired session loses no typed text: after signing in again, the form is sent once more.

The text is not stored on the server. The sign-in page contains it as an encrypted draft, without
passwords, and only the operator who typed it gets it back. The form is sent again only after the
operator has read and confirmed it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import login as sign_in
from django.contrib.auth.views import LoginView, redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure
from unfold.forms import AuthenticationForm

from foundation.admin.form_owner import owner_of
from foundation.admin.typed_text import fields_to_keep, is_secret, typed_text

#: The cookie that names the operator who signed in last in this browser.
TYPIST_COOKIE, TYPIST_SALT = "qqcampaign_typist", "foundation.admin.lost_session"
#: Seconds: how long the cookie is kept, and how long a draft can be sent.
TYPIST_AGE, DRAFT_AGE = 90 * 86_400, 86_400
#: The most characters of a draft: what a form may post is limited too.
LARGEST_DRAFT = 2_000_000
DRAFT_FIELD = "draft"
#: Where the session keeps a draft while its typist gives a second factor.
DRAFT_KEPT = "draft_kept"


@dataclass(frozen=True)
class Draft:
    """A form that could not be sent.

    Attributes:
        path: the address that it was posted to.
        typist: the primary key of the operator who typed it.
        fields: (name, text) of each field, without secrets.
        is_complete: whether nothing had to be left out: no password, no file.
    """

    path: str
    typist: str
    fields: list[tuple[str, str]]
    is_complete: bool


class LostSession:
    """Middleware: answers a form without a session with a page to sign in and send it again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if _is_turned_away(request, response):
            draft = _draft_of(request)
            return response if draft is None else _ask_to_sign_in(request, draft)
        _remember_typist(request, response)
        return response


class SignInAgain(LoginView):
    """Signs an operator in and hands the draft back to the one who typed it."""

    authentication_form = AuthenticationForm
    template_name = "admin/login.html"

    def get_form_class(self) -> Any:
        """Return the form of the ordinary sign-in page."""
        return admin.site.login_form or AuthenticationForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the draft that waited for a second factor; without one, go to the sign-in page."""
        token = request.session.pop(DRAFT_KEPT, None)
        draft = _opened(token) if token else None
        if draft is not None and draft.typist == str(request.user.pk):
            return _ask_to_send(request, draft)
        return HttpResponseRedirect(reverse("admin:login"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Keep the draft in the page after a wrong password."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, **_sign_in_context(self.request, self.request.POST[DRAFT_FIELD])}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign the operator in."""
        if DRAFT_FIELD not in request.POST:
            return HttpResponseRedirect(reverse("admin:login"))
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Show what was typed, to send it again."""
        user = form.get_user()
        draft = _opened(self.request.POST[DRAFT_FIELD])
        sign_in(self.request, user)
        if draft is None or draft.typist != str(user.pk):
            sentence = _(
                "What was typed in the other session belongs to another operator, or is "
                "older than a day. It is not shown."
            )
            messages.warning(self.request, sentence)
            return HttpResponseRedirect(reverse("admin:index"))
        return _ask_to_send(self.request, draft)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form with an outdated CSRF token (CSRF_FAILURE_VIEW).

    Signing in changes the token, so a form in another tab of the same operator becomes stale. It is
    offered to be sent again if it came from a page of this console and the operator opened it. An
    operator who has signed out meanwhile is asked to sign in first.
    """
    user = getattr(request, "user", None)
    if request.method != "POST" or user is None or not _is_from_here(request):
        return csrf_failure(request, reason)
    if not user.is_authenticated:
        if request.path == reverse("admin:login"):
            return csrf_failure(request, reason)
        kept = _draft_of(request)
        if kept is not None:
            return _ask_to_sign_in(request, kept)
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    draft = _draft(request, typist=str(user.pk))
    if draft.fields and owner_of(request) == str(user.pk):
        return _ask_to_send(request, draft)
    return csrf_failure(request, reason)


def _is_turned_away(request: HttpRequest, response: HttpResponse) -> bool:
    if request.method != "POST" or response.status_code != 302 or "HX-Request" in request.headers:
        return False
    user = getattr(request, "user", None)
    if user is None or user.is_authenticated:
        return False
    return urlsplit(response["Location"]).path == reverse("admin:login") != request.path


def _remember_typist(request: HttpRequest, response: HttpResponse) -> None:
    user = getattr(
        request, "_cached_user", None
    )  # set only if the view loaded the user; no further query
    if user is None or not user.is_authenticated:
        return
    if request.get_signed_cookie(TYPIST_COOKIE, "", salt=TYPIST_SALT) != str(user.pk):
        response.set_signed_cookie(
            TYPIST_COOKIE,
            str(user.pk),
            salt=TYPIST_SALT,
            max_age=TYPIST_AGE,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def _draft_of(request: HttpRequest) -> str | None:
    """Return the encrypted draft of a posted form; None if there is nothing to keep."""
    typist = request.get_signed_cookie(TYPIST_COOKIE, "", salt=TYPIST_SALT)
    if not typist or owner_of(request) not in ("", typist):
        return None
    draft = _draft(request, typist=typist)
    if not draft.fields:
        return None
    content = [draft.path, draft.typist, draft.fields, draft.is_complete]
    text = json.dumps(content).encode()
    token = _keys().encrypt(zlib.compress(text)).decode("ascii")
    return token if len(token) <= LARGEST_DRAFT else None


def _draft(request: HttpRequest, *, typist: str) -> Draft:
    secret = [name for name in request.POST if is_secret(name) and name != "csrfmiddlewaretoken"]
    typed = any(request.POST.get(name) for name in secret)
    return Draft(
        path=request.get_full_path(),
        typist=typist,
        fields=fields_to_keep(request.POST),
        is_complete=not typed and not request.FILES,
    )


def _opened(token: str) -> Draft | None:
    try:
        text = zlib.decompress(_keys().decrypt(token.encode(), ttl=DRAFT_AGE))
        path, typist, fields, is_complete = json.loads(text)
    except (InvalidToken, ValueError, zlib.error):
        return None
    return Draft(path, typist, [(name, value) for name, value in fields], is_complete)


def _keys() -> Fernet:
    digest = salted_hmac(TYPIST_SALT, "drafts", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def _is_from_here(request: HttpRequest) -> bool:
    sender = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return urlsplit(sender).netloc == request.get_host()


def _sign_in_context(request: HttpRequest, draft: str) -> dict[str, Any]:
    return {
        **admin.site.each_context(request),
        "title": _("Log in"),
        "subtitle": None,
        "app_path": reverse("sign-in-again"),
        "draft": draft,
    }


def _ask_to_sign_in(request: HttpRequest, draft: str) -> HttpResponse:
    context = {**_sign_in_context(request, draft), "form": AuthenticationForm(request)}
    page = TemplateResponse(request, "admin/login.html", context, status=401)
    page["Cache-Control"] = "no-store"
    return page.render()


def _labels(path: str) -> dict[str, Any]:
    """Return the labels of the fields of the form at an address, as far as they are a model's."""
    try:
        view = resolve(urlsplit(path).path).func
    except Resolver404:
        return {}
    model_admin = getattr(view, "model_admin", None)
    fields = model_admin.model._meta.get_fields() if model_admin is not None else ()
    return {one.name: getattr(one, "verbose_name", one.name) for one in fields}


def _ask_to_send(request: HttpRequest, draft: Draft) -> HttpResponse:
    data = request.POST.copy()
    data.clear()
    for name, text in draft.fields:
        data.appendlist(name, text)
    context = {
        **admin.site.each_context(request),
        "title": _("Send the form again"),
        "draft": draft,
        "typed": typed_text(data, labels=_labels(draft.path)),
    }
    page = TemplateResponse(request, "console/send_again.html", context)
    page["Cache-Control"] = "no-store"
    return page
