"""What a user was refused, and which role may do it: for the page that answers 403.

The permission checks of a request are noted at the user, where they are asked: a view that is added
later is covered without a line of its own.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from users.keep import role_of_user
from users.roles import Role, role_of

_REFUSED = "refused_permissions"


def note_answer(user: Any, permission: str, is_allowed: bool) -> None:
    """Keep the permissions that were refused since the last one that was not."""
    if is_allowed:
        user.__dict__.pop(_REFUSED, None)
    else:
        user.__dict__.setdefault(_REFUSED, []).append(permission)


def why_refused(user: Any) -> str:
    """Return what the user is, and which role may do what they were refused."""
    is_spaced = not (get_language() or "").startswith("zh")
    return (" " if is_spaced else "").join([_what_the_user_is(user), *_what_is_needed(user)])


def _what_the_user_is(user: Any) -> str:
    role = role_of_user(user)
    if user.is_superuser:
        return _("You are a superuser.")
    if role is None:
        return _("You have none of the four roles.")
    return _("Your role is “%(role)s”.") % {"role": role.label}


def _what_is_needed(user: Any) -> list[str]:
    found = [(role, name) for name in refused_by(user) if (role := _role_of(name)) is not None]
    if not found:
        return [_("This is not done here by anybody, or not in this state.")]
    # One of several was enough, such as to view or to change: the lowest role is named.
    role, name = min(found, key=lambda one: one[0])
    words = {
        "what": _what(name),
        "role": role.label,
    }
    needs = {
        "view": _("Looking at %(what)s needs the role “%(role)s”."),
        "add": _("Adding %(what)s needs the role “%(role)s”."),
        "change": _("Changing %(what)s needs the role “%(role)s”."),
        "delete": _("Deleting %(what)s needs the role “%(role)s”."),
    }
    verb = name.partition(".")[2].partition("_")[0]
    sentence = needs.get(verb, _("This needs the role “%(role)s”."))
    return [sentence % words, _("Ask an administrator.")]


def refused_by(user: Any) -> list[str]:
    """Return the permissions that were refused last."""
    # request.user is a lazy object: its attributes are those of the user.
    return list(getattr(user, _REFUSED, []))


def _role_of(permission: str) -> Role | None:
    app, _dot, codename = permission.partition(".")
    return role_of(app, codename)


def _what(permission: str) -> str:
    app, _dot, codename = permission.partition(".")
    try:
        model = apps.get_model(app, codename.partition("_")[2])
    except LookupError:
        return codename
    return str(model._meta.verbose_name_plural)
