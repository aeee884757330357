"""What administrators do for others: unlock, end sessions, remove lost second factors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.acts import say
from foundation.refusals import Refusal
from signin.lockout import unlock
from signin.models import FailedSignIns, Passkey, TotpSecret
from signin.second_factor import is_demanded, remove_all
from signin.session_limits import end_sessions, sessions_of
from users.keep import find_user, refuse_change


@dataclass(frozen=True)
class SignInState:
    """How one user signs in."""

    name: str
    sessions: int
    has_app: bool
    passkeys: int
    is_demanded: bool


@dataclass(frozen=True)
class Done:
    """What was done: how many locks, sessions or users it concerned, and a sentence."""

    count: int
    sentence: str


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


def unlock_name(name: str, *, by: User | None = None) -> Done:
    """Lift the locks of a name. `by`: the administrator; None: the command line.

    Raises:
        Refusal: there is none.
    """
    lifted = unlock(name)
    if not lifted:
        raise Refusal(_("%(name)s is not locked.") % {"name": name}, code="not_locked")
    said = _("%(name)s can sign in again.") % {"name": name}
    say(said)
    return Done(lifted, said)


def end_all_sessions(name: str, *, by: User | None = None) -> Done:
    """End the sessions of a user.

    Raises:
        Refusal: there is no such user, or the administrator may do less than the user.
    """
    user = find_user(name=name)
    refuse_change(by, user)
    ended = end_sessions(user)
    said = _("%(name)s is signed out everywhere.") % {"name": user.username}
    say(said, about=user)
    return Done(ended, said)


def reset_second_factor(name: str, *, by: User | None = None) -> Done:
    """Remove the second factors of a user who has lost them, and end the sessions.

    Raises:
        Refusal: there is no such user or factor, or the administrator may do less than the user.
    """
    user = find_user(name=name)
    refuse_change(by, user)
    if not remove_all(user):
        sentence = _("%(name)s has no second factor.") % {"name": user.username}
        raise Refusal(sentence, code="no_factor")
    end_sessions(user)
    said = _("The second factors of %(name)s are removed.") % {"name": user.username}
    say(said, about=user)
    return Done(1, said)


#: The verbs of the page and the command.
VERBS: dict[str, Callable[..., Done]] = {
    "unlock": unlock_name,
    "end-sessions": end_all_sessions,
    "reset-second-factor": reset_second_factor,
}
