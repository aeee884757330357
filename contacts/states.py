"""The states of an import, and its policy for people who are contacts already."""

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

#: The states in which a worker has, or must take, an import.
UNFINISHED_STATES = (_S.QUEUED, _S.RUNNING, _S.UNDOING)
#: The states in which an import can be taken back.
UNDOABLE_STATES = (_S.DONE, _S.FAILED, _S.CANCELLED)


class ImportPolicy(models.TextChoices):
    """What an import changes in a person who is a contact already.

    The person is added to the list in any case.
    """

    SKIP = "skip", _("keep the existing values")
    FILL = "fill", _("fill in empty values only")
    OVERWRITE = "overwrite", _("overwrite with the file; empty cells change nothing")
