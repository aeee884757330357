"""The table of backups and prunings that an administrator asked for in the console."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.sentence_field import SentenceField


class UpkeepKind(models.TextChoices):
    BACKUP = "backup", _("backup")
    PRUNE = "prune", _("removal of what is old")


class UpkeepState(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


OPEN = (UpkeepState.QUEUED, UpkeepState.RUNNING)


class Upkeep(models.Model):
    """One backup or pruning; a jobs worker does it. One is open at a time."""

    kind = models.CharField(_("what"), max_length=16, choices=UpkeepKind.choices)
    state = models.CharField(
        _("state"), max_length=16, choices=UpkeepState.choices, default=UpkeepState.QUEUED
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    requested_at = models.DateTimeField(_("requested at"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    #: The name of the backup's file in the folder of backups.
    file = models.CharField(_("file"), max_length=100, blank=True, default="")
    #: By the name of a kind of data: how many rows were removed so far.
    removed = models.JSONField(_("removed"), default=dict)
    problem = SentenceField(_("problem"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("upkeep")
        verbose_name_plural = _("upkeep")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(state__in=OPEN), name="upkeep_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"
