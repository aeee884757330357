"""What administrators do for others: unlock, end sessions, remove lost second factors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from signin.lockout import unlock
from signin.models import FailedSignIns, Passkey, TotpSecret
from signin.second_factor import is_demanded, remove_all
from signin.session_limits import end_sessions, sessions_of


@dataclass(frozen=True)
class SignInState:
    """How one user signs in."""

    name: str
    sessions: int
    has_app: bool
    passkeys: int
    is_demanded: bool


def find_user(name: str) -> User:
    """Return the user of this name.

    Raises:
        Refusal: there is none.
    """
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise Refusal(_("There is no user %(name)s.") % {"name": name}, code="no_user")
    return user


def locked_names() -> list[tuple[str, str, datetime]]:
    """Return (name, address, until) of each lock; an empty name means all names."""
    rows = FailedSignIns.objects.filter(locked_until__gt=timezone.now()).order_by("-locked_until")
    return [(row.name, row.address, row.locked_until) for row in rows if row.locked_until]


def states() -> list[SignInState]:
    """Return how each active user signs in."""
    with_app = set(TotpSecret.objects.values_list("user_id", flat=True))
    keys = list(Passkey.objects.values_list("user_id", flat=True))
    users = get_user_model().objects.filter(is_active=True).order_by("username")
    return [
        SignInState(
            name=user.username,
            sessions=len(sessions_of(user)),
            has_app=user.pk in with_app,
            passkeys=keys.count(user.pk),
            is_demanded=is_demanded(user),
        )
        for user in users
    ]


def unlock_name(name: str) -> int:
    """Lift the locks of a name; return how many.

    Raises:
        Refusal: there is none.
    """
    lifted = unlock(name)
    if not lifted:
        raise Refusal(_("%(name)s is not locked.") % {"name": name}, code="not_locked")
    return lifted


def end_all_sessions(user: User, *, by: User | None = None) -> int:
    """End the sessions of a user; return how many. `by`: the administrator, or a command.

    Raises:
        Refusal: the administrator may do less than the user.
    """
    _refuse_more_powerful(user, by)
    return end_sessions(user)


def reset_second_factor(user: User, *, by: User | None = None) -> None:
    """Remove the second factors of a user who has lost them, and end the sessions.

    Raises:
        Refusal: there are none, or the administrator may do less than the user.
    """
    _refuse_more_powerful(user, by)
    if not remove_all(user):
        sentence = _("%(name)s has no second factor.") % {"name": user.username}
        raise Refusal(sentence, code="no_factor")
    end_sessions(user)


def _refuse_more_powerful(user: User, by: User | None) -> None:
    if by is not None and user.is_superuser and not by.is_superuser:
        sentence = _("Only a superuser does this to a superuser.")
        raise Refusal(sentence, code="more_powerful")
    if by is not None and not by.has_perm("auth.change_user"):
        raise Refusal(_("Only administrators do this."), code="not_allowed")
