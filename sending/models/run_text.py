"""The table of the texts of runs that have more than one."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sending.models.run import Run


class RunText(models.Model):
    """One of several texts of a run: of a variant, in a language.

    A delivery names it by its number. Number 0 has no row here: it is `Run.text`. The rows are
    written when the run is made and do not change. See docs/decisions/0026-texts-of-a-run.md.
    """

    run = models.ForeignKey(
        Run,
        on_delete=models.CASCADE,
        related_name="texts",
        verbose_name=_("run"),
        db_index=False,  # the unique constraint serves it
    )
    number = models.PositiveSmallIntegerField(_("number"))
    #: The name of its variant; empty in a run without variants.
    variant = models.CharField(_("variant"), max_length=64, blank=True, default="")
    #: The language for whose people it is; empty: for everybody else.
    language = models.CharField(_("language"), max_length=35, blank=True, default="")
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("text of a run")
        verbose_name_plural = _("texts of a run")
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="runtext_unique_number_of_run"),
            models.CheckConstraint(
                name="runtext_number_above_zero", condition=models.Q(number__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.number}: {self.variant} {self.language}".rstrip()
