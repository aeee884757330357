"""The import: a file on its way into a list, with everything needed to resume or undo it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.querysets.contact_import import ContactImportQuerySet
from contacts.states import UNFINISHED_STATES, ImportPolicy, ImportState
from foundation.sentence_field import SentenceField
from foundation.sentences import read


class ContactImport(models.Model):
    """One file, loaded once. The row is the job (rule 1): progress, cursor and fence live here."""

    contact_list = models.ForeignKey(
        "contacts.ContactList",
        on_delete=models.SET_NULL,
        null=True,
        related_name="imports",
        verbose_name=_("into the list"),
    )
    policy = models.CharField(
        _("people we know"),
        max_length=16,
        choices=ImportPolicy.choices,
        default=ImportPolicy.OVERWRITE,
    )
    file_name = models.CharField(_("file"), max_length=255)
    #: Name below QQCAMPAIGN_HOME/imports; empty once the file is removed.
    stored_name = models.CharField(max_length=64, blank=True, editable=False)
    size = models.BigIntegerField(_("bytes"), default=0, editable=False)

    # How the file is read: found, shown, corrected.
    kind = models.CharField(max_length=8, blank=True, editable=False)
    encoding = models.CharField(_("encoding"), max_length=32, blank=True)
    #: Encodings it may be in as well; nothing is loaded until somebody has chosen.
    doubts = models.JSONField(default=list, blank=True, editable=False)
    delimiter = models.CharField(_("delimiter"), max_length=1, blank=True)
    sheet = models.CharField(_("sheet"), max_length=255, blank=True)
    header_line = models.PositiveIntegerField(
        _("line of the header"), default=1, help_text=_("0: the file has no header.")
    )
    #: The titles of the columns, in order.
    columns = models.JSONField(_("columns"), default=list, blank=True)
    #: For each column what it becomes: "uin", "name", "attribute:<name>", or "" (left out).
    mapping = models.JSONField(_("mapping"), default=list, blank=True)

    state = models.CharField(
        _("state"), max_length=16, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    problem = SentenceField(_("problem"), max_length=500, blank=True)

    # Where it stands; written with each chunk, in the chunk's own transaction.
    cursor = models.BigIntegerField(default=0, editable=False)  # rows taken in, header not counted
    rejects_bytes = models.BigIntegerField(default=0, editable=False)
    position = models.BigIntegerField(default=0, editable=False)
    position_end = models.BigIntegerField(default=0, editable=False)
    created = models.BigIntegerField(_("new people"), default=0, editable=False)
    updated = models.BigIntegerField(_("changed"), default=0, editable=False)
    unchanged = models.BigIntegerField(_("unchanged"), default=0, editable=False)
    rejected = models.BigIntegerField(_("rejected rows"), default=0, editable=False)
    added = models.BigIntegerField(_("added to the list"), default=0, editable=False)
    #: The first rejections: {"line", "column", "reason"}, the reason as a stored sentence.
    errors = models.JSONField(_("first problems"), default=list, blank=True, editable=False)

    #: What was taken differently than it stands in the file: stored sentences.
    notes = models.JSONField(_("notes"), default=list, blank=True, editable=False)

    #: The fence: a worker commits a chunk only while the token is the one it took.
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
        """`errors` with their reasons in the active language."""
        return [{**error, "reason": read(error["reason"])} for error in self.errors]

    @property
    def read_notes(self) -> list[str]:
        """`notes` in the active language."""
        return [read(note) for note in self.notes]


class ImportChange(models.Model):
    """What an import changed in a person we already knew; undoing it needs this and no more."""

    contact_import = models.ForeignKey(
        ContactImport, on_delete=models.CASCADE, related_name="changes"
    )
    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="import_changes"
    )
    #: {"name": [before, after], "attributes": {key: [before or null, after]}}, changed ones only.
    changes = models.JSONField()

    class Meta:
        verbose_name = _("imported change")
        verbose_name_plural = _("imported changes")

    def __str__(self) -> str:
        return f"{self.contact_import_id}: {self.contact_id}"


class RememberedMapping(models.Model):
    """How an operator mapped the columns of a header, for the next file that has it."""

    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    #: SHA-256 of the titles.
    header = models.CharField(max_length=64)
    mapping = models.JSONField()
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("remembered mapping")
        verbose_name_plural = _("remembered mappings")
        constraints = [
            models.UniqueConstraint(fields=["operator", "header"], name="mapping_once_an_operator"),
            models.UniqueConstraint(
                fields=["header"],
                condition=models.Q(operator=None),
                name="mapping_once_without_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operator_id}: {self.header[:8]}"
