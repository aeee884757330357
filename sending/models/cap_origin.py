"""The table of the origins whose messages count for a run's frequency cap."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sending.models.run import Run


class CapOrigin(models.Model):
    """An origin whose messages count for the cap of a run, unless the cap counts all.

    The rows are written when the run is made. They do not change while it runs.
    """

    run = models.ForeignKey(
        Run,
        on_delete=models.CASCADE,
        related_name="cap_origins",
        verbose_name=_("run"),
        db_index=False,  # the unique constraint serves it
    )
    origin = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("origin that a cap counts")
        verbose_name_plural = _("origins that a cap counts")
        constraints = [
            models.UniqueConstraint(fields=["run", "origin"], name="caporigin_unique_origin_of_run")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.origin}"
