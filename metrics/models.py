"""The table of what processes have published; no page shows it."""

from __future__ import annotations

from django.db import models


class ProcessFigures(models.Model):
    """What one process has counted since its start (decision 0056).

    One row has no process: the sums of those that have ended, so that no figure ever falls.
    """

    #: A random name of one process; empty for the sums.
    process = models.CharField("process", max_length=32, unique=True)
    #: Counters and histograms; they only grow.
    counted = models.JSONField("counted", default=dict)
    #: Levels; they hold as long as the row is fresh.
    levels = models.JSONField("levels", default=dict)
    published_at = models.DateTimeField("published at", db_index=True)

    class Meta:
        verbose_name = "figures of a process"
        verbose_name_plural = "figures of processes"

    def __str__(self) -> str:
        return self.process
