"""The runs of the engine that send answers."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sending.models import Run


class AnswerRun(Run):
    """A run that stays open and takes the answers of all accounts, each as a delivery.

    It is no run of a campaign, so no figure, audience or limit counts it. Its deliveries have no
    contact, only the UIN and the text. There is one active run for each set of rules, because a
    rule belongs to a run: whether quiet hours and suppressions hold. Its own text is a variable, so
    that lanes read the text of each delivery.
    """

    run = models.OneToOneField(
        Run,
        on_delete=models.CASCADE,
        parent_link=True,
        primary_key=True,
        related_name="answer_run",
    )

    class Meta:
        verbose_name = _("run of answers")
        verbose_name_plural = _("runs of answers")
        ordering = ["-run_id"]

    def __str__(self) -> str:
        return gettext("Answers %(number)d") % {"number": self.number}

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the run; its origin says which rules it has."""
        self.origin = answer_origin(
            overrides_quiet_hours=self.overrides_quiet_hours,
            overrides_suppressions=self.overrides_suppressions,
        )
        super().save(*args, **kwargs)


def answer_origin(*, overrides_quiet_hours: bool, overrides_suppressions: bool) -> str:
    """Return the origin of the runs of answers with these rules."""
    hours = "any-hour" if overrides_quiet_hours else "open-hours"
    return f"answer:{hours}" + (":suppressed" if overrides_suppressions else "")
