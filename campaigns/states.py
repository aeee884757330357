"""The choices and states of campaigns that the sending engine does not know."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.states import StateTable


class OnLostAccount(models.TextChoices):
    """What to do with deliveries of a quarantined account that no other account can send."""

    FAIL = "fail", _("fail: they can be retried once the account works again")
    WAIT = "wait", _("wait until the account works again")


class SenderChoice(models.TextChoices):
    """Which account writes to a person who was written to before."""

    KEEP = "keep", _("the account that wrote to them last, where it can")
    SPREAD = "spread", _("any account, chosen anew")


class SendingOrder(models.TextChoices):
    """The order in which each account sends its messages of a run."""

    IMPORTED = "imported", _("as the people were first imported")
    RANDOM = "random", _("at random")
    ATTRIBUTE = "attribute", _("by an attribute")


class DecideBy(models.TextChoices):
    """Who chooses the variant that the rest of a tested campaign gets."""

    HAND = "hand", _("an operator, by hand")
    REPLIES = "replies", _("the system, by the share of replies")


class EarlierGroup(models.TextChoices):
    """A group of the people of an earlier run."""

    SENT = "sent", _("got the message")
    REPLIED = "replied", _("replied")
    NOT_REPLIED = "not-replied", _("did not reply")
    FAILED = "failed", _("sending failed")


class Late(models.TextChoices):
    """What to do with a start that could not happen in time."""

    SEND = "send", _("send: it starts as soon as it can")
    MOVE = "move", _("move: it starts when the next sending window opens")
    DROP = "drop", _("drop: it does not start")


class ScheduleState(models.TextChoices):
    """Whether the dates of a repeated campaign start runs."""

    OFF = "off", _("not started")
    AWAITING_APPROVAL = "awaiting", _("awaiting approval")
    ON = "on", _("active")
    PAUSED = "paused", _("paused")
    ENDED = "ended", _("ended")


#: The states of a schedule that was started: its dates start runs, now or once it is resumed or
#: approved.
STARTED_SCHEDULE_STATES = (
    ScheduleState.AWAITING_APPROVAL,
    ScheduleState.ON,
    ScheduleState.PAUSED,
)


class OccurrenceState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    STARTED = "started", _("started")
    DROPPED = "dropped", _("dropped")
    CANCELLED = "cancelled", _("cancelled")


class RehearsalState(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


_S = RehearsalState

REHEARSAL_STATES = StateTable(
    {
        _S.QUEUED: {_S.RUNNING, _S.FAILED, _S.CANCELLED},
        # Running again: another worker takes it over from one that died.
        _S.RUNNING: {_S.RUNNING, _S.DONE, _S.FAILED, _S.CANCELLED},
        _S.DONE: set(),
        _S.FAILED: set(),
        _S.CANCELLED: set(),
    }
)
OPEN_REHEARSAL_STATES = (_S.QUEUED, _S.RUNNING)


class ApprovalState(models.TextChoices):
    REQUESTED = "requested", _("requested")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("sent back")
    WITHDRAWN = "withdrawn", _("withdrawn")


_A = ApprovalState

APPROVAL_STATES = StateTable(
    {
        _A.REQUESTED: {_A.APPROVED, _A.REJECTED, _A.WITHDRAWN},
        _A.APPROVED: set(),
        _A.REJECTED: set(),
        _A.WITHDRAWN: set(),
    }
)
