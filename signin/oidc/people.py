"""Who somebody from the provider is here: a user who was connected, or a new one.

A person is known by the provider's name for them (issuer and subject) alone. An e-mail address or a
name that is the same as that of a local user connects nothing: whoever can choose it at the
provider would take the account over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from foundation.acts import say
from foundation.characters import is_storable
from foundation.refusals import Refusal
from signin.models import OidcIdentity
from signin.models.oidc_identity import LONGEST_SUBJECT
from users.keep import find_user, role_of_user, set_role
from users.role_groups import group_of
from users.roles import BY_KEY, Role


def user_of(claims: Mapping[str, Any]) -> User:
    """Return the user of a person whom the provider has proven, with their role of today.

    Raises:
        Refusal: they may not sign in here.
    """
    subject = _subject(str(claims["sub"]))
    role = _role_of(claims)
    found = (
        OidcIdentity.objects.select_related("user")
        .filter(issuer=settings.OIDC.issuer, subject=subject)
        .first()
    )
    if found is None:
        return _new_user(claims, subject, role)
    user: User = found.user
    if not user.is_active:
        raise _may_not("disabled")
    if settings.OIDC.roles and not user.is_superuser:
        if role is None:
            raise _may_not("no_role")
        if role_of_user(user) != role:
            set_role(user, role)
            words = {"name": settings.OIDC.name, "role": role.label}
            say(_("%(name)s gives the role “%(role)s”.") % words, about=user)
    return user


def connect(name: str, subject: str) -> OidcIdentity:
    """Let a user sign in as a person of the provider.

    Raises:
        Refusal: there is no such user, no provider, or one of them is connected already.
    """
    user = find_user(name=name)
    if settings.OIDC is None:
        raise Refusal(_("No provider is set up: set OIDC_ISSUER."), code="no_provider")
    try:
        with transaction.atomic():
            made = OidcIdentity.objects.create(
                user=user, issuer=settings.OIDC.issuer, subject=_subject(subject)
            )
    except IntegrityError:
        raise Refusal(
            _("“%(name)s” or this person is connected already.") % {"name": user.username},
            code="connected",
        ) from None
    say(_("%(name)s can sign in through the provider.") % {"name": user.username}, about=user)
    return made


def disconnect(name: str) -> int:
    """Let a user sign in no more as a person of the provider; return how many are removed."""
    user = find_user(name=name)
    count, _rows = OidcIdentity.objects.filter(user=user).delete()
    if not count:
        raise Refusal(
            _("“%(name)s” is connected to nobody.") % {"name": user.username}, code="not_connected"
        )
    return count


def _new_user(claims: Mapping[str, Any], subject: str, role: Role | None) -> User:
    if not settings.OIDC.creates:
        raise _may_not("unknown")
    if role is None:
        raise _may_not("no_role")
    user = User(username=_name_of(claims), email=_email_of(claims), is_staff=True)
    user.first_name = _text(claims.get("given_name"), 150)
    user.last_name = _text(claims.get("family_name"), 150)
    user.set_unusable_password()
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError:
        raise _may_not("name") from None
    taken = Refusal(
        _(
            "There is a user “%(user)s” already, who is not connected to you. Ask an administrator "
            "to connect them: manage.py signin connect."
        )
        % {"user": user.username},
        code="taken",
    )
    if User.objects.filter(username__iexact=user.username).exists():
        raise taken
    try:
        with transaction.atomic():
            user.save()
            user.groups.set([group_of(role)])
            OidcIdentity.objects.create(user=user, issuer=settings.OIDC.issuer, subject=subject)
    except IntegrityError:
        raise taken from None
    say(_("%(name)s comes from the provider.") % {"name": user.username}, about=user)
    return user


def _role_of(claims: Mapping[str, Any]) -> Role | None:
    """Return the highest role that the claims give."""
    values = claims.get(settings.OIDC.roles_claim)
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, list):
        return None
    roles = [
        BY_KEY[settings.OIDC.roles[one]]
        for one in values
        if isinstance(one, str) and one in settings.OIDC.roles
    ]
    return max(roles, default=None)


def _name_of(claims: Mapping[str, Any]) -> str:
    chosen = claims.get("preferred_username") or _email_of(claims) or claims["sub"]
    return User.normalize_username(_text(chosen, 150))


def _email_of(claims: Mapping[str, Any]) -> str:
    """Return the e-mail address, if the provider has verified it."""
    address = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(address, str):
        return ""
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if len(address) <= 254 else ""


def _text(value: Any, longest: int) -> str:
    return value.strip()[:longest] if isinstance(value, str) and is_storable(value) else ""


def _subject(text: str) -> str:
    if not text or len(text) > LONGEST_SUBJECT or not is_storable(text):
        raise _may_not("subject")
    return text


def _may_not(code: str) -> Refusal:
    sentence = _(
        "%(name)s knows you, but you may not use this console. Ask an administrator for access."
    )
    return Refusal(sentence % {"name": settings.OIDC.name}, code=code)
