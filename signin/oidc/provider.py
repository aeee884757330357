"""The provider: its addresses and keys, and the token that proves who somebody is.

The protocol is Authlib's: PKCE, state, nonce, signature, audience, times. What it takes from the
provider's own description without asking, the issuer and the algorithms, is checked here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import DjangoOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from joserfc.errors import JoseError
from requests import RequestException

from foundation.refusals import Refusal

#: Seconds: to wait for the provider, and by how much its clock may differ from ours.
TIMEOUT, LEEWAY = 10, 60
#: Seconds after which the provider's addresses are read anew. A new key is read when it is met.
KEPT_FOR = 3600
#: Signatures by keys that only the provider has: neither "none" nor HS256, whose key is shared.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
ALGORITHMS += ["ES256", "ES384", "ES512", "Ed25519", "EdDSA"]

_lock = threading.Lock()
_known: dict[Any, tuple[float, Any]] = {}


class _Session(OAuth2Session):
    """A session that does not wait for ever, and follows no redirect with a secret in hand."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Ask the provider."""
        kwargs.setdefault("timeout", TIMEOUT)
        kwargs.setdefault("allow_redirects", False)
        _refuse_plain(url)
        return super().request(method, url, *args, **kwargs)


class _App(DjangoOAuth2App):
    client_cls = _Session

    def load_server_metadata(self) -> Any:
        """Return the provider's description, if it is the provider that was asked for."""
        found = super().load_server_metadata()
        if found.get("issuer") != _oidc().issuer:
            raise ValueError("the description names another issuer")
        offered = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        found["id_token_signing_alg_values_supported"] = [
            one for one in offered if one in ALGORITHMS
        ] or ["RS256"]
        return found


class _OAuth(OAuth):
    oauth2_client_cls = _App


def go_to_provider(request: HttpRequest, *, back: str) -> HttpResponseRedirect:
    """Return the way to the provider.

    Args:
        request: the request, whose session keeps state, nonce and the verifier of PKCE.
        back: the address to which the provider sends people back.

    Raises:
        Refusal: the provider does not answer.
    """
    try:
        answer: HttpResponseRedirect = _app().authorize_redirect(request, back)
    except Exception as trouble:
        raise _refusal(trouble) from trouble
    return answer


def read_proof(request: HttpRequest) -> Mapping[str, Any]:
    """Return the checked claims of who comes back from the provider.

    Raises:
        Refusal: the provider refused, does not answer, or its answer proves nothing.
    """
    named = request.GET.get("iss")
    try:
        if named is not None and named != _oidc().issuer:
            raise ValueError("the answer comes from another issuer")
        found = _app().authorize_access_token(
            request,
            claims_options={
                "iss": {"essential": True, "value": _oidc().issuer},
                "aud": {"essential": True, "value": _oidc().client_id},
                "sub": {"essential": True},
            },
            leeway=LEEWAY,
        )
        claims: Mapping[str, Any] | None = found.get("userinfo")
        if not claims or not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise ValueError("the answer has no ID token")
    except Exception as trouble:
        raise _refusal(trouble) from trouble
    return claims


def way_out(*, back: str) -> str:
    """Return the address at which the provider ends its own session; empty: it has none."""
    try:
        address = str(_app().load_server_metadata().get("end_session_endpoint") or "")
    except Exception as trouble:
        raise _refusal(trouble) from trouble
    if not address:
        return ""
    asked = urlencode({"client_id": _oidc().client_id, "post_logout_redirect_uri": back})
    return f"{address}{'&' if '?' in address else '?'}{asked}"


def forget_provider() -> None:
    """Forget the provider's addresses and keys."""
    with _lock:
        _known.clear()


def _oidc() -> Any:
    return settings.OIDC


def _app() -> Any:
    oidc = _oidc()
    key = (oidc.issuer, oidc.client_id)
    with _lock:
        since, app = _known.get(key, (0.0, None))
        if app is None or time.monotonic() - since > KEPT_FOR:
            app = _OAuth().register(
                "oidc",
                client_id=oidc.client_id,
                client_secret=oidc.client_secret,
                server_metadata_url=oidc.issuer.rstrip("/") + "/.well-known/openid-configuration",
                client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
            )
            _known[key] = (time.monotonic(), app)
    return app


def _refuse_plain(url: str) -> None:
    """Raise if a provider on HTTPS names an address without it."""
    if urlsplit(_oidc().issuer).scheme == "https" and urlsplit(url).scheme != "https":
        raise ValueError("an address of the provider is not https")


def _refusal(trouble: Exception) -> Refusal:
    """Return what to tell people; the log says more."""
    words = {"name": _oidc().name}
    if isinstance(trouble, RequestException):
        forget_provider()
        return Refusal(
            _("%(name)s does not answer. Try again in a few minutes, or use a password.") % words,
            code="provider_down",
        )
    if not isinstance(trouble, AuthlibBaseError | JoseError | ValueError | RuntimeError | KeyError):
        raise trouble
    # Keys are read anew the next time, in case that the provider changed them under one name.
    forget_provider()
    code = str(getattr(trouble, "error", "") or type(trouble).__name__)
    if code == "access_denied":
        return Refusal(_("You were not signed in at %(name)s.") % words, code=code)
    return Refusal(
        _("The answer of %(name)s does not prove who you are. Start signing in again.") % words,
        code=code,
    )
