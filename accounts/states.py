"""The states of accounts and friend requests, the reasons for them, and presences."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.states import StateTable


class AccountState(models.TextChoices):
    NEW = "new", _("new")
    ONLINE = "online", _("online")
    OFFLINE = "offline", _("offline")
    RESTING = "resting", _("resting")
    QUARANTINED = "quarantined", _("quarantined")
    DISABLED = "disabled", _("disabled")


_S = AccountState

ACCOUNT_STATES = StateTable(
    {
        _S.NEW: {_S.ONLINE, _S.OFFLINE, _S.RESTING, _S.QUARANTINED, _S.DISABLED},
        _S.ONLINE: {_S.OFFLINE, _S.RESTING, _S.QUARANTINED, _S.DISABLED},
        _S.OFFLINE: {_S.ONLINE, _S.RESTING, _S.QUARANTINED, _S.DISABLED},
        _S.RESTING: {_S.ONLINE, _S.OFFLINE, _S.QUARANTINED, _S.DISABLED},
        # Only an operator moves an account out of these two; its error counts are then reset.
        _S.QUARANTINED: {_S.NEW, _S.DISABLED},
        _S.DISABLED: {_S.NEW},
    }
)

#: An account in one of these may hold a lane: log in, sync, send.
WORKING_STATES = (_S.NEW, _S.ONLINE, _S.OFFLINE, _S.RESTING)
#: An account in one of these does nothing until an operator enables it.
STOPPED_STATES = (_S.QUARANTINED, _S.DISABLED)


class StateReason(models.TextChoices):
    """Why an account is in its state, for operators and for filters."""

    IMPORTED = "imported", _("imported")
    LOGGED_IN = "logged_in", _("logged in")
    LOGGED_OUT = "logged_out", _("logged out")
    SESSION_ENDED = "session_ended", _("the gateway ended the session")
    TOO_FAST = "too_fast", _("sent too fast for the gateway (RES=3)")
    BY_OPERATOR = "by_operator", _("set by an operator")
    LOGIN_REFUSED = "login_refused", _("the gateway refused the login")
    ILLEGAL_UIN = "illegal_uin", _("the gateway reports the UIN as illegal (RES=5)")
    LOGIN_UNANSWERED = "login_unanswered", _("the gateway does not answer the login")
    CREDENTIAL_UNREADABLE = "credential_unreadable", _("the credential cannot be decrypted")
    CODES_GONE_WRONG = "codes_gone_wrong", _("too many of its messages failed")
    RESTED = "rested", _("the rest has ended")
    WARM_UP = "warm_up", _("warm-up")


class PresenceStatus(models.IntegerChoices):
    """The presence that an account shows its friends (protocol: Change_Stat, ST)."""

    ONLINE = 10, _("online")
    BUSY = 30, _("busy")
    INVISIBLE = 40, _("invisible")


class FriendPresence(models.IntegerChoices):
    """The presence of a friend, as the gateway told it (protocol: ST, and MG of MT=99)."""

    ONLINE = 10, _("online")
    OFFLINE = 20, _("offline")
    BUSY = 30, _("busy")


class FriendPolicy(models.TextChoices):
    """What an account does with a friend request."""

    ASK = "ask", _("ask an operator")
    CONTACTS = "contacts", _("accept known contacts")
    ALL = "all", _("accept everybody")


class FriendRequestState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    ACCEPTING = "accepting", _("being accepted")
    ACCEPTED = "accepted", _("accepted")
    REFUSING = "refusing", _("being refused")
    REFUSED = "refused", _("refused")


_R = FriendRequestState

FRIEND_REQUEST_STATES = StateTable(
    {
        # The friend list may show that the person is a friend already.
        _R.WAITING: {_R.ACCEPTING, _R.REFUSING, _R.ACCEPTED},
        # A request that could not be answered waits for an operator again.
        _R.ACCEPTING: {_R.ACCEPTED, _R.WAITING},
        _R.REFUSING: {_R.REFUSED, _R.WAITING},
        _R.ACCEPTED: set(),
        _R.REFUSED: set(),
    }
)

#: Friend requests in one of these are not settled; an account has one of a person at most.
OPEN_FRIEND_REQUEST_STATES = (_R.WAITING, _R.ACCEPTING, _R.REFUSING)


class FriendLinkState(models.TextChoices):
    REQUESTED = "requested", pgettext_lazy("own friend request", "requested")
    ASKED = "asked", _("the person was asked")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("failed")


_L = FriendLinkState

FRIEND_LINK_STATES = StateTable(
    {
        _L.REQUESTED: {_L.ASKED, _L.DONE, _L.REFUSED, _L.FAILED},
        _L.ASKED: {_L.DONE, _L.REFUSED, _L.FAILED},
        _L.DONE: set(),
        _L.REFUSED: set(),
        _L.FAILED: set(),
    }
)

#: Friend links in one of these are not settled; an account has one with a person at most.
OPEN_FRIEND_LINK_STATES = (_L.REQUESTED, _L.ASKED)
