"""The states of runs and deliveries, and the reasons for a delivery's state."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.states import StateTable


class RunState(models.TextChoices):
    DRAFT = "draft", _("draft")
    AWAITING_APPROVAL = "awaiting_approval", _("awaiting approval")
    SCHEDULED = "scheduled", _("scheduled")
    PREPARING = "preparing", _("preparing")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    FINISHED = "finished", _("finished")
    CANCELLED = "cancelled", _("cancelled")
    STOPPED = "stopped", _("stopped")


_R = RunState

RUN_STATES = StateTable(
    {
        _R.DRAFT: {_R.AWAITING_APPROVAL, _R.SCHEDULED, _R.PREPARING, _R.CANCELLED},
        _R.AWAITING_APPROVAL: {_R.SCHEDULED, _R.PREPARING, _R.DRAFT, _R.CANCELLED},
        # Awaiting approval again: its people changed between the approval and its start.
        _R.SCHEDULED: {
            _R.AWAITING_APPROVAL,
            _R.PREPARING,
            _R.DRAFT,
            _R.CANCELLED,
            _R.STOPPED,
        },
        _R.PREPARING: {_R.RUNNING, _R.CANCELLED, _R.STOPPED},
        _R.RUNNING: {_R.PAUSED, _R.FINISHED, _R.CANCELLED, _R.STOPPED},
        _R.PAUSED: {_R.RUNNING, _R.FINISHED, _R.CANCELLED, _R.STOPPED},
        # A retry resumes a finished run, for exactly the deliveries chosen.
        _R.FINISHED: {_R.RUNNING},
        _R.STOPPED: {_R.PREPARING, _R.RUNNING, _R.CANCELLED},
        _R.CANCELLED: set(),
    }
)

#: An origin (a campaign) has at most one run in one of these states.
ACTIVE_RUN_STATES = (
    _R.AWAITING_APPROVAL,
    _R.SCHEDULED,
    _R.PREPARING,
    _R.RUNNING,
    _R.PAUSED,
)
ENDED_RUN_STATES = (_R.FINISHED, _R.CANCELLED, _R.STOPPED)


#: The priority of a run is its weight: of 6 and 3, the first gets two messages for each one of the
#: second. An urgent run goes before all others that are not urgent.
LOWEST_PRIORITY, DEFAULT_PRIORITY, URGENT = 1, 5, 9
#: The highest rate of its own that a run may have.
MOST_PER_MINUTE = 1_000_000


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("pending")
    SENDING = "sending", _("in flight")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    SKIPPED = "skipped", _("skipped")
    CANCELLED = "cancelled", _("cancelled")
    UNKNOWN = "unknown", _("unknown")


_D = DeliveryState

DELIVERY_STATES = StateTable(
    {
        # Back to pending: a definite answer that calls for another try (RES=3, RES=20).
        # To unknown: an earlier attempt may have arrived, see `truthful`.
        _D.PENDING: {_D.SENDING, _D.SKIPPED, _D.CANCELLED, _D.FAILED, _D.UNKNOWN},
        _D.SENDING: {_D.PENDING, _D.SENT, _D.FAILED, _D.UNKNOWN, _D.CANCELLED},
        _D.SENT: set(),
        # An operator's retry, or their decision whether it was sent.
        _D.FAILED: {_D.PENDING},
        _D.UNKNOWN: {_D.PENDING, _D.SENT, _D.FAILED},
        _D.SKIPPED: set(),
        _D.CANCELLED: set(),
    }
)

OPEN_DELIVERY_STATES = (_D.PENDING, _D.SENDING)
#: The states whose deliveries are listed in reports, each with its reason.
EXCEPTIONAL_DELIVERY_STATES = (_D.FAILED, _D.SKIPPED, _D.UNKNOWN)


def has_counted_reason(state: str, reason: str) -> bool:
    """Return whether a delivery's reason is one of the run's figures."""
    return state in EXCEPTIONAL_DELIVERY_STATES or (state == _D.CANCELLED and bool(reason))


class Reason(models.TextChoices):
    """Why a delivery was skipped, failed or is unknown. Result codes (RES_5, NULL) are used too."""

    SUPPRESSED = "suppressed", _("suppressed: must not receive messages")
    NOT_A_FRIEND = "not_a_friend", _("not a friend of any of the accounts")
    NO_ACCOUNT = "no_account", _("no account can send it")
    REPLY = "reply", _("replied to an earlier message of the sequence")
    FREQUENCY_CAP = "frequency_cap", _("got as many messages as the frequency cap allows")
    ONCE_ACROSS = "once_across", _("got a message of a campaign that counts together with this one")
    HOLDOUT = "holdout", _("drawn for the holdout: gets nothing, for comparison")
    RENDER_ERROR = "render_error", _("the text cannot be made for this contact")
    RENDER_TOO_COSTLY = (
        "render_too_costly",
        _("making the text for this contact takes too much time or memory"),
    )
    TOO_LONG = "too_long", _("the text is too long")
    EMPTY_TEXT = "empty_text", _("the text is empty for this contact")
    FORBIDDEN_WORD = "forbidden_word", _("the text for this contact holds a forbidden word")
    WINDOW_MISSED = "window_missed", _("the sending window was missed")
    DEADLINE = "deadline", _("the deadline passed")
    BY_OPERATOR = "by_operator", _("decided by an operator")
    TOO_MANY_TRIES = "too_many_tries", _("too many tries")
    RUN_CANCELLED = "cancelled", _("the campaign was cancelled while its answer was open")
    REPLAY_WINDOW_OVER = "replay_window_over", _("too late to ask the gateway again")
    RESTORED = "restored", _("restored from a backup: it may have been sent since")
    MAY_HAVE_ARRIVED = "may_have_arrived", _("sent again: an earlier try may have arrived")


#: The states of a delivery that say that the person got nothing.
NOT_ARRIVED_STATES = (_D.FAILED, _D.SKIPPED, _D.CANCELLED)


def truthful(*, to: str, reason: str, is_in_doubt: bool) -> tuple[str, str]:
    """Return the state and reason that a delivery gets instead of these, if it is in doubt.

    A delivery is in doubt if an earlier attempt ended without a definite answer: under *never
    missed*, or when an operator retried an unknown one. While it is open, its reason is
    MAY_HAVE_ARRIVED. It is never said that its person got nothing.
    """
    if is_in_doubt and to in NOT_ARRIVED_STATES:
        return _D.UNKNOWN, reason or Reason.RUN_CANCELLED
    return to, reason


#: Result codes that are about the latest request only: they do not tell whether an earlier,
#: unanswered request of the same attempt was carried out, so the request is repeated once more.
ABOUT_THE_REQUEST = ("3", "20")


class Promise(models.TextChoices):
    """What to do when it stays unknown whether a message arrived; chosen per campaign."""

    NEVER_TWICE = (
        "never-twice",
        _("never twice: messages without a clear result are shown as unknown"),
    )
    NEVER_MISSED = (
        "never-missed",
        _("never missed: messages without a clear result are sent again"),
    )
