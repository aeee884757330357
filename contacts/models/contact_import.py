"""The import of a file into a list, with everything that resuming and undoing it need."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.querysets.contact_import import ContactImportQuerySet
from contacts.states import UNFINISHED_STATES, ImportPolicy, ImportState
from foundation.archiving import Archivable
from foundation.sentence_field import SentenceField
from foundation.sentences import read


class ContactImport(Archivable):
    """The import of one file.

    The row is the job, because the database is the queue: it holds progress, cursor and fence.
    """

    contact_list = models.ForeignKey(
        "contacts.ContactList",
        on_delete=models.SET_NULL,
        null=True,
        related_name="imports",
        verbose_name=_("into the list"),
    )
    policy = models.CharField(
        _("people who are contacts already"),
        max_length=16,
        choices=ImportPolicy.choices,
        default=ImportPolicy.OVERWRITE,
    )
    file_name = models.CharField(_("file"), max_length=255)
    #: The file's name in QQCAMPAIGN_HOME/imports; empty once the file is removed.
    stored_name = models.CharField(max_length=64, blank=True, editable=False)
    size = models.BigIntegerField(_("bytes"), default=0, editable=False)

    # The layout of the file: detected, shown, and corrected by the operator.
    kind = models.CharField(max_length=8, blank=True, editable=False)
    encoding = models.CharField(_("encoding"), max_length=32, blank=True)
    #: The possible encodings if it is uncertain; nothing is loaded until the operator chooses one.
    doubts = models.JSONField(default=list, blank=True, editable=False)
    delimiter = models.CharField(_("delimiter"), max_length=1, blank=True)
    sheet = models.CharField(_("sheet"), max_length=255, blank=True)
    header_line = models.PositiveIntegerField(
        _("line of the header"), default=1, help_text=_("0: the file has no header.")
    )
    #: The titles of the columns, in order.
    columns = models.JSONField(_("columns"), default=list, blank=True)
    #: The meaning of each column: "uin", "name", "attribute:<name>", or "" (left out).
    mapping = models.JSONField(_("mapping"), default=list, blank=True)
    #: The types of the attributes that an operator chose, or at the latest those that the import
    #: was started with: {name: "date:dmy"}.
    types = models.JSONField(default=dict, blank=True, editable=False)

    state = models.CharField(
        _("state"), max_length=16, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    problem = SentenceField(_("problem"), max_length=500, blank=True)

    # Progress, written in the transaction of each chunk.
    #: The rows processed so far, without the header.
    cursor = models.BigIntegerField(default=0, editable=False)
    rejects_bytes = models.BigIntegerField(default=0, editable=False)
    position = models.BigIntegerField(default=0, editable=False)
    position_end = models.BigIntegerField(default=0, editable=False)
    created = models.BigIntegerField(_("new people"), default=0, editable=False)
    updated = models.BigIntegerField(_("changed"), default=0, editable=False)
    unchanged = models.BigIntegerField(_("unchanged"), default=0, editable=False)
    rejected = models.BigIntegerField(_("rejected rows"), default=0, editable=False)
    added = models.BigIntegerField(_("added to the list"), default=0, editable=False)
    #: The first rejections: {"line", "column", "reason"}, the reason as a stored sentence.
    errors = models.JSONField(_("first rejected rows"), default=list, blank=True, editable=False)

    #: Stored sentences about cells that were left out or read differently.
    notes = models.JSONField(_("notes"), default=list, blank=True, editable=False)
    #: Cells that cannot be read as their type; the text is kept:
    #: [{"attribute", "type", "count", "examples"}].
    unread = models.JSONField(_("unread cells"), default=list, blank=True, editable=False)

    #: The fence: a worker commits a chunk only if the token is the one with which it took the
    #: import.
    token = models.PositiveIntegerField(default=0, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("uploaded at"), default=timezone.now)
    queued_at = models.DateTimeField(_("queued at"), null=True, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, editable=False)
    undone_at = models.DateTimeField(_("taken back at"), null=True, editable=False)

    objects = models.Manager.from_queryset(ContactImportQuerySet)()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="import_state_known", condition=models.Q(state__in=ImportState.values)
            ),
            models.CheckConstraint(
                name="import_policy_known", condition=models.Q(policy__in=ImportPolicy.values)
            ),
        ]
        indexes = [
            models.Index(
                fields=["state"],
                name="import_worked",
                condition=models.Q(state__in=UNFINISHED_STATES),
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.get_state_display()})"

    @property
    def first_problems(self) -> list[dict[str, Any]]:
        """The `errors`, with their reasons in the active language."""
        return [{**error, "reason": read(error["reason"])} for error in self.errors]

    @property
    def read_notes(self) -> list[str]:
        """The `notes` in the active language."""
        return [read(note) for note in self.notes]


class ImportChange(models.Model):
    """What an import changed in a contact that existed before, for undoing it.

    The database does not check the keys: PostgreSQL took a quarter of the time of a change for it.
    Who deletes a person locks the row first, as an import does that changes it (decision 0085).
    """

    contact_import = models.ForeignKey(
        ContactImport, on_delete=models.CASCADE, related_name="changes", db_constraint=False
    )
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="import_changes",
        db_constraint=False,
    )
    #: {"name": [before, after], "attributes": {key: [before or null, after]}}, changed values only.
    changes = models.JSONField()

    class Meta:
        verbose_name = _("imported change")
        verbose_name_plural = _("imported changes")

    def __str__(self) -> str:
        return f"{self.contact_import_id}: {self.contact_id}"


class RememberedMapping(models.Model):
    """An operator's mapping of the columns of a header, for the next file with the same header."""

    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    #: SHA-256 of the titles, in hexadecimal.
    header = models.CharField(max_length=64)
    mapping = models.JSONField()
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("remembered mapping")
        verbose_name_plural = _("remembered mappings")
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "header"], name="mapping_unique_header_of_operator"
            ),
            models.UniqueConstraint(
                fields=["header"],
                condition=models.Q(operator=None),
                name="mapping_unique_header_without_operator",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operator_id}: {self.header[:8]}"
