"""The table of the actions on accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from accounts.account_tasks import request_account_task
from accounts.models import Account, AccountTaskKind
from accounts.show_status import show_status
from accounts.states import PresenceStatus, StateReason
from accounts.transitions import disable_account, enable_account, quarantine_account, rest_account


@dataclass(frozen=True)
class Verb:
    """An action on accounts.

    Args:
        words: the label of the button.
        before: the sentence that describes the effect, shown before the action; empty if the
            action needs no confirmation.
        after: a function that returns the message for n accounts.
        do: the service, called with account and by.
        is_dangerous: whether the button has the colour of a warning and the list asks to confirm.
        icon: the name of the icon.
        besides: a second sentence, about the account's messages.
    """

    words: Any
    before: Any
    after: Callable[[int], str]
    do: Callable[..., Any]
    is_dangerous: bool = False
    icon: str = ""
    besides: Any = ""


#: The messages are moved by `campaigns.planning.reroute`, which this app must not import.
_MESSAGES_MOVE = _(
    "Its messages move to other accounts with the same friend. Messages that no other account can "
    "send fail or wait, depending on the campaign. Failed ones can be retried once the account is "
    "enabled."
)


def _quarantine(*, account: Account, by: Any) -> None:
    quarantine_account(
        account=account,
        reason=StateReason.BY_OPERATOR,
        detail=gettext_noop("Quarantined by an operator in the console."),
        by=by,
    )


def _shown_as(n: int) -> str:
    return ngettext(
        "%(n)d account shows another status, at the latest from its next login.",
        "%(n)d accounts show another status, at the latest from their next login.",
        n,
    )


VERBS: dict[str, Verb] = {
    "login": Verb(
        words=_("Log in"),
        before="",
        after=lambda n: ngettext(
            "%(n)d account was asked to log in; the outcome appears under account tasks.",
            "%(n)d accounts were asked to log in; the outcomes appear under account tasks.",
            n,
        ),
        do=partial(request_account_task, kind=AccountTaskKind.LOGIN),
        icon="login",
    ),
    "logout": Verb(
        words=_("Log out"),
        before=_("It logs in again as soon as it has a message to send."),
        after=lambda n: ngettext(
            "%(n)d account was asked to log out.", "%(n)d accounts were asked to log out.", n
        ),
        do=partial(request_account_task, kind=AccountTaskKind.LOGOUT),
        icon="logout",
    ),
    "sync": Verb(
        words=_("Sync friends"),
        before="",
        after=lambda n: ngettext(
            "%(n)d account was asked to fetch its friend list.",
            "%(n)d accounts were asked to fetch their friend lists.",
            n,
        ),
        do=partial(request_account_task, kind=AccountTaskKind.SYNC),
        icon="group",
    ),
    "presence": Verb(
        words=_("Ask who is online"),
        before="",
        after=lambda n: ngettext(
            "%(n)d account was asked which of its friends are online.",
            "%(n)d accounts were asked which of their friends are online.",
            n,
        ),
        do=partial(request_account_task, kind=AccountTaskKind.PRESENCE),
        icon="sensors",
    ),
    "online": Verb(
        words=_("Show as online"),
        before="",
        after=_shown_as,
        do=partial(show_status, status=PresenceStatus.ONLINE),
        icon="visibility",
    ),
    "busy": Verb(
        words=_("Show as busy"),
        before="",
        after=_shown_as,
        do=partial(show_status, status=PresenceStatus.BUSY),
        icon="do_not_disturb_on",
    ),
    "invisible": Verb(
        words=_("Show as invisible"),
        before="",
        after=_shown_as,
        do=partial(show_status, status=PresenceStatus.INVISIBLE),
        icon="visibility_off",
    ),
    "rest": Verb(
        words=_("Rest for an hour"),
        before=_("It stays logged in and sends nothing for an hour; its deliveries wait."),
        after=lambda n: ngettext(
            "%(n)d account rests for an hour.", "%(n)d accounts rest for an hour.", n
        ),
        do=rest_account,
        icon="bedtime",
    ),
    "enable": Verb(
        words=_("Enable"),
        before=_("Its error counts are reset. It logs in and sends again."),
        after=lambda n: ngettext("%(n)d account is enabled.", "%(n)d accounts are enabled.", n),
        do=enable_account,
        icon="check_circle",
    ),
    "disable": Verb(
        words=_("Disable"),
        before=_(
            "It stops before its next message and sends nothing until you enable it. At most one "
            "message is in flight."
        ),
        besides=_MESSAGES_MOVE,
        after=lambda n: ngettext("%(n)d account is disabled.", "%(n)d accounts are disabled.", n),
        do=disable_account,
        is_dangerous=True,
        icon="block",
    ),
    "quarantine": Verb(
        words=_("Quarantine"),
        before=_(
            "It stops before its next message and is shown as needing attention until you enable "
            "it."
        ),
        besides=_MESSAGES_MOVE,
        after=lambda n: ngettext(
            "%(n)d account is in quarantine.", "%(n)d accounts are in quarantine.", n
        ),
        do=_quarantine,
        is_dangerous=True,
        icon="health_and_safety",
    ),
}
