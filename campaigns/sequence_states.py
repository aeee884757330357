"""The states of sequences and of the people in them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.states import StateTable


class SequenceState(models.TextChoices):
    DRAFT = "draft", _("not started")
    AWAITING_APPROVAL = "awaiting", _("awaiting approval")
    RUNNING = "running", _("running")
    STOPPED = "stopped", _("stopped")
    ENDED = "ended", _("ended")


_S = SequenceState
SEQUENCE_STATES = StateTable(
    {
        _S.DRAFT: {_S.AWAITING_APPROVAL, _S.RUNNING},
        # Sent back, it is again what it was: not started, or stopped.
        _S.AWAITING_APPROVAL: {_S.DRAFT, _S.RUNNING, _S.STOPPED, _S.ENDED},
        _S.RUNNING: {_S.STOPPED, _S.ENDED},
        _S.STOPPED: {_S.AWAITING_APPROVAL, _S.RUNNING, _S.ENDED},
        _S.ENDED: set(),
    }
)

#: The reason in the history of a sequence that stopped because its tick failed.
STOPPED_ITSELF = "stopped itself"


class OnlyIf(models.TextChoices):
    """Who gets a step. What each means: docs/decisions/0074-branches-of-sequences.md."""

    ANY = "any", _("everybody")
    REPLIED = "replied", _("who replied")
    NOT_REPLIED = "not-replied", _("who did not reply")
    FAILED = "failed", _("whose message before failed")
    IN_SEGMENT = "segment", _("who is in the segment")
    NOT_IN_SEGMENT = "not-segment", _("who is not in the segment")


#: The conditions that ask a segment.
OF_SEGMENT = (OnlyIf.IN_SEGMENT, OnlyIf.NOT_IN_SEGMENT)
#: In place of the number of a step: nobody goes on from here.
END = 0


class PersonState(models.TextChoices):
    #: In the audience before the start: never written to by the sequence.
    BEFORE = "before", _("was there before")
    ACTIVE = "active", _("in the sequence")
    FINISHED = "finished", _("finished")
    STOPPED = "stopped", _("stopped")


_P = PersonState
PERSON_STATES = StateTable(
    {_P.BEFORE: set(), _P.ACTIVE: {_P.FINISHED, _P.STOPPED}, _P.FINISHED: set(), _P.STOPPED: set()}
)


class PersonEnd(models.TextChoices):
    """Why a person was stopped."""

    REPLY = "reply", _("replied")
    OPTED_OUT = "opted_out", _("opted out")
    FAILED = "failed", _("a message could not be sent")
    CANCELLED = "cancelled", _("the sequence or a message was cancelled")
