"""The table of tallies: the figures of runs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sending.models.run import Run
from sending.querysets import TallyQuerySet


class TallyKind(models.TextChoices):
    TARGETED = "targeted", _("targeted")
    STATE = "state", _("by state")
    REASON = "reason", _("by state and reason")
    RES = "res", _("by result code")
    MERGED = "merged", _("people in several lists, counted once")


class Tally(models.Model):
    """The number of a run's deliveries or results of one kind, updated with the work itself.

    There is one row per shard, so that workers never wait for each other's rows. Shard 0 belongs to
    planning and operators; any other is the id of a worker. A figure is the sum over the shards. A
    single shard's `n` may be negative: one shard subtracts what another added.
    """

    run = models.ForeignKey(
        Run,
        on_delete=models.CASCADE,
        related_name="tallies",
        db_index=False,  # the unique constraint serves it
    )
    shard = models.BigIntegerField(default=0)
    kind = models.CharField(max_length=8, choices=TallyKind.choices)
    key = models.CharField(max_length=48, blank=True, default="")
    n = models.BigIntegerField(default=0)

    objects = models.Manager.from_queryset(TallyQuerySet)()

    class Meta:
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        constraints = [
            models.UniqueConstraint(fields=["run", "kind", "key", "shard"], name="tally_unique_key")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.kind} {self.key} {self.n:+d}"
