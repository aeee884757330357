"""The states of an import, and its policy towards people we already know."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.states import StateTable


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("to be checked")
    QUEUED = "queued", _("waiting for a worker")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    UNDOING = "undoing", _("being taken back")
    UNDONE = "undone", _("taken back")


_S = ImportState

IMPORT_STATES = StateTable(
    {
        _S.UPLOADED: {_S.QUEUED, _S.CANCELLED},
        _S.QUEUED: {_S.RUNNING, _S.CANCELLED, _S.FAILED},
        _S.RUNNING: {_S.DONE, _S.FAILED, _S.CANCELLED},
        _S.DONE: {_S.UNDOING},
        _S.FAILED: {_S.UNDOING},
        _S.CANCELLED: {_S.UNDOING},
        _S.UNDOING: {_S.UNDONE, _S.FAILED},
        _S.UNDONE: set(),
    }
)

#: A worker has, or should have, one of these in its hands.
UNFINISHED_STATES = (_S.QUEUED, _S.RUNNING, _S.UNDOING)
#: What an import in one of these loaded can be taken back.
UNDOABLE_STATES = (_S.DONE, _S.FAILED, _S.CANCELLED)


class ImportPolicy(models.TextChoices):
    """What becomes of a person we already know. The membership is added in any case."""

    SKIP = "skip", _("leave what we know as it is")
    FILL = "fill", _("fill in what is empty")
    OVERWRITE = "overwrite", _("the file is right; what it leaves empty stays")
