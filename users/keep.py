"""Add users, give them a role, let them sign in or not."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from users.rights import may_change, may_give
from users.role_groups import group_of
from users.roles import BY_KEY, Role

#: Without letters and digits that look alike on a screen.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user who was added.

    Attributes:
        user: the user.
        password: the password that was generated, to be shown once; empty: one was given.
    """

    user: User
    password: str


def add_user(
    *, name: str, role: Role, email: str = "", password: str = "", by: User | None = None
) -> NewUser:
    """Add a user who can sign in to the console.

    Args:
        name: the name to sign in with; upper and lower case are the same.
        role: the role.
        email: where notifications go.
        password: empty: a random one is generated.
        by: the user who adds; None: the command line.

    Raises:
        Refusal: the name is taken or not possible, the password too weak, or `by` may not.
    """
    _refuse_role(by, role)
    user = User(username=User.normalize_username(name.strip()), email=email.strip(), is_staff=True)
    generated = "" if password else new_password()
    try:
        user.clean_fields(exclude=["password"])
        validate_password(password or generated, user)
    except ValidationError as problem:
        raise Refusal(" ".join(problem.messages), code="invalid_user") from None
    if User.objects.filter(username__iexact=user.username).exists():
        raise _is_taken(user.username)
    user.set_password(password or generated)
    try:
        with transaction.atomic():
            user.save()
            user.groups.set([group_of(role)])
    except IntegrityError:
        raise _is_taken(user.username) from None
    return NewUser(user, generated)


def set_role(user: User, role: Role, *, by: User | None = None) -> None:
    """Give a user a role in place of the one they have; groups of other kinds stay.

    Raises:
        Refusal: `by` may not give this role or change this user.
    """
    _refuse_role(by, role)
    refuse_change(by, user)
    with transaction.atomic():
        user.groups.remove(*user.groups.filter(name__in=BY_KEY))
        user.groups.add(group_of(role))
        user.user_permissions.clear()
        if not user.is_staff or user.is_superuser:
            user.is_staff, user.is_superuser = True, False
            user.save(update_fields=["is_staff", "is_superuser"])


def set_active(user: User, is_active: bool, *, by: User | None = None) -> None:
    """Let a user sign in, or not; a session that is open ends with its next request.

    Raises:
        Refusal: `by` may not change this user, or they are the last one who may keep users.
    """
    refuse_change(by, user)
    if not is_active and user == by:
        raise Refusal(_("You cannot disable yourself: ask another administrator."), code="yourself")
    user.is_active = is_active
    user.save(update_fields=["is_active"])


def refuse_change(by: User | None, user: User) -> None:
    """Raise unless a user may change another one.

    Raises:
        Refusal: they may not.
    """
    if by is not None and not may_change(by, user):
        raise Refusal(
            _("“%(name)s” may do more than you may, so you cannot change this user.")
            % {"name": user.get_username()},
            code="not_allowed",
        )


def find_user(*, name: str) -> User:
    """Return the user of a name.

    Raises:
        Refusal: there is none.
    """
    found = User.objects.filter(username=name).first()
    found = found or User.objects.filter(username__iexact=name).first()
    if found is None:
        raise Refusal(_("There is no user “%(name)s”.") % {"name": name}, code="no_such_user")
    return found


def role_name(user: User) -> str:
    """Return the key of a user's role; "superuser" has all rights, "" has none of the four."""
    if user.is_superuser:
        return "superuser"
    role = role_of_user(user)
    return role.key if role is not None else ""


def role_of_user(user: User) -> Role | None:
    """Return the role of a user; None if they have none of the four."""
    roles = [BY_KEY[group.name] for group in user.groups.all() if group.name in BY_KEY]
    return max(roles, default=None)


def new_password() -> str:
    """Return a random password of 20 letters and digits, in groups that can be read out."""
    groups = ("".join(secrets.choice(_ALPHABET) for _letter in range(5)) for _group in range(4))
    return "-".join(groups)


def _refuse_role(by: User | None, role: Role) -> None:
    if by is not None and not may_give(by, role):
        raise Refusal(
            _("You may not give the role “%(role)s”: it may do more than you may.")
            % {"role": role.label},
            code="not_allowed",
        )


def _is_taken(name: str) -> Refusal:
    return Refusal(_("There is a user “%(name)s” already.") % {"name": name}, code="taken")
