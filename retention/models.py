"""The table of what was removed of a run."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Removed(models.TextChoices):
    """What can be removed of a run. Its state, its timeline and its figures are kept for ever."""

    TEXTS = "texts", _("texts")
    ATTEMPTS = "attempts", _("attempts")
    DELIVERIES = "deliveries", _("deliveries")


class Removal(models.Model):
    """One kind of rows that were removed of a run, and when that began.

    The run is named by its key, because this package is below the one of the runs.
    """

    run_id = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=Removed.choices)
    began_at = models.DateTimeField()
    #: When nothing was left to remove; NULL while it goes on.
    done_at = models.DateTimeField(null=True, blank=True)
    #: The last delivery of the run whose rows were looked at: the next step begins after it.
    through = models.BigIntegerField(default=0, db_default=0)
    #: The end of the run to which `through` belongs: a run that is reopened ends again.
    of_end = models.DateTimeField(null=True, blank=True)
    #: Whether the run had no such rows: nothing was removed, and it need not be looked at again.
    found_none = models.BooleanField(default=False, db_default=False)
    #: With the deliveries: what was counted from them before, by the name of the breakdown.
    figures = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("removal")
        verbose_name_plural = _("removals")
        constraints = [
            models.UniqueConstraint(fields=["run_id", "kind"], name="removal_unique_kind_of_run")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.kind}"


def removals_of(run_id: int) -> dict[str, Removal]:
    """Return what was removed of a run, by kind."""
    return {row.kind: row for row in Removal.objects.filter(run_id=run_id, found_none=False)}


def is_removed(run_id: int, kind: str) -> bool:
    """Return whether rows of this kind were removed of a run, completely or in part."""
    return Removal.objects.filter(run_id=run_id, kind=kind, found_none=False).exists()
