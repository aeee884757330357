"""Who opened a form: a signed field in pages with a form of their own.

Forms of rows carry it in their token of seen values (`foundation.admin.seen_values`).
"""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from foundation.admin.edits import SEEN_FIELD
from foundation.admin.seen_values import read_token

#: The hidden field, and the salt of its signature.
OWNER_FIELD, SALT = "_by", "foundation.admin.form_owner"


def form_owner(request: HttpRequest) -> dict[str, Any]:
    """Return `form_owner`, the value of the field (a context processor of templates)."""
    return {"form_owner": SimpleLazyObject(lambda: _token(request))}


def owner_of(request: HttpRequest) -> str:
    """Return the primary key of the operator who opened the posted form; "" if it is not known."""
    seen = read_token(request.POST.get(SEEN_FIELD, ""))
    if seen is not None:
        return str(seen.user)
    try:
        return str(signing.loads(request.POST.get(OWNER_FIELD, ""), salt=SALT))
    except signing.BadSignature:
        return ""


def _token(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    return "" if user is None or user.pk is None else signing.dumps(str(user.pk), salt=SALT)
