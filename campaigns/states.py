"""The choices of a campaign that the sending engine does not know."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


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


class EarlierGroup(models.TextChoices):
    """A group of the people of an earlier run."""

    SENT = "sent", _("got the message")
    REPLIED = "replied", _("answered")
    NOT_REPLIED = "not-replied", _("did not answer")
    FAILED = "failed", _("sending failed")


class Late(models.TextChoices):
    """What to do with a start that could not happen in time."""

    SEND = "send", _("send: it starts as soon as it can")
    MOVE = "move", _("move: it starts when the next sending window opens")
    DROP = "drop", _("drop: it does not start")


class ScheduleState(models.TextChoices):
    """Whether the dates of a repeated campaign start runs."""

    OFF = "off", _("not started")
    ON = "on", _("active")
    PAUSED = "paused", _("paused")
    ENDED = "ended", _("ended")


#: The states of a schedule in which its dates start runs, now or when it is resumed.
STARTED_SCHEDULE_STATES = (ScheduleState.ON, ScheduleState.PAUSED)


class OccurrenceState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    STARTED = "started", _("started")
    DROPPED = "dropped", _("dropped")
    CANCELLED = "cancelled", _("cancelled")
