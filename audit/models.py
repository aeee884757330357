"""The tables of the audit trail. Rows are only added: triggers refuse anything else."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.sentence_field import SentenceField

LONGEST_NAME = 200


class Channel(models.TextChoices):
    """From where somebody acted."""

    BROWSER = "browser", _("browser")
    COMMAND = "command", _("command line")
    API = "api", _("API")
    SYSTEM = "system", _("the system")


class Kind(models.TextChoices):
    """What became of a row."""

    ADDED = "added", _("added")
    CHANGED = "changed", _("changed")
    DELETED = "deleted", _("deleted")


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Entries by what they are about."""

    def about(self, **row: str) -> Self:
        """Return the entries about a row, or a type, and about acts that changed it.

        Args:
            row: `object_type`, and `object_id`.
        """
        return self.filter(pk__in=self.keys_about(**row))

    def keys_about(self, **row: str) -> models.QuerySet[Any]:
        """Return their keys: two indexes put together, where OR would read all entries."""
        own = AuditEntry.objects.filter(**row).order_by().values("pk")
        changed = AuditChange.objects.filter(**row).order_by().values("entry_id")
        return own.union(changed, all=True)


class AuditEntry(models.Model):
    """One act: who did what, when and from where."""

    key = models.CharField(_("request"), max_length=64, unique=True)
    at = models.DateTimeField(_("time"), db_index=True)
    #: No foreign key: the entry outlives the operator.
    user_id = models.BigIntegerField(_("operator's number"), null=True, blank=True, db_index=True)
    #: The operator's name at that time, or that of the command line's user or of a task.
    who = models.CharField(_("who"), max_length=LONGEST_NAME)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    address = models.CharField(_("address"), max_length=45, blank=True)
    verb = models.CharField(_("verb"), max_length=80)
    object_type = models.CharField(_("type"), max_length=100, blank=True)
    object_id = models.CharField(_("row"), max_length=64, blank=True)
    object_name = models.CharField(_("name"), max_length=LONGEST_NAME, blank=True)
    sentence = SentenceField(_("in words"), max_length=800, blank=True)
    facts = models.JSONField(_("facts"), default=dict, blank=True)

    objects = models.Manager.from_queryset(AuditEntryQuerySet)()

    class Meta:
        verbose_name = _("entry of the audit trail")
        verbose_name_plural = _("audit trail")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["object_type", "object_id", "id"], name="auditentry_object")
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_name}".strip()


class AuditChange(models.Model):
    """One row that an act added, changed or deleted: what was different before and after."""

    entry = models.ForeignKey(AuditEntry, on_delete=models.DO_NOTHING, related_name="changes")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    object_type = models.CharField(_("type"), max_length=100)
    object_id = models.CharField(_("row"), max_length=64)
    object_name = models.CharField(_("name"), max_length=LONGEST_NAME)
    #: Column name to value: only the columns that differ.
    before = models.JSONField(_("before"), default=dict, blank=True)
    after = models.JSONField(_("after"), default=dict, blank=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes: ClassVar = [
            models.Index(fields=["object_type", "object_id", "id"], name="auditchange_object")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_name}"


class OpenAct(models.Model):
    """An act that has changed something and whose entry is not written yet.

    The row is committed together with the act's first change, so a process that is killed leaves
    it behind, and `audit.unfinished` makes an entry of it.
    """

    key = models.CharField(primary_key=True, max_length=64)
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    who = models.CharField(max_length=LONGEST_NAME)
    channel = models.CharField(max_length=8)
    address = models.CharField(max_length=45)
    verb = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"{self.who}: {self.verb}"


class AuditPermit(models.Model):
    """A permit to change or delete entries; it exists only inside the transaction that does so."""

    purpose = models.CharField(max_length=40)

    def __str__(self) -> str:
        return self.purpose
