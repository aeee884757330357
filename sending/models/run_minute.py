"""The table of results by minute, from which the charts of runs are drawn."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sending.models.run import Run


class RunMinute(models.Model):
    """The number of results of one code that a run got in one minute.

    Written in the transaction of the results, like the tallies, and with a row per shard for the
    same reason. A chart reads a row a minute, code and worker instead of every delivery: decision
    0049.
    """

    run = models.ForeignKey(
        Run,
        on_delete=models.CASCADE,
        related_name="minutes",
        db_index=False,  # the unique constraint serves it
    )
    #: Minutes since 1970, by the wall clock.
    minute = models.IntegerField()
    res = models.CharField(max_length=16, blank=True, default="")
    shard = models.BigIntegerField(default=0)
    n = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("minute of a run")
        verbose_name_plural = _("minutes of runs")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "minute", "res", "shard"], name="runminute_unique_key"
            )
        ]
        # The overview sums all runs over a few minutes.
        indexes = [models.Index(fields=["minute"], name="runminute_minute")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.minute} {self.res} {self.n}"
