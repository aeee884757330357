"""The table of the one setting that all campaigns share: whether each needs approval."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

#: The key of the only row.
ONLY = 1


class ApprovalSettings(models.Model):
    """Whether every campaign needs approval. There is one row; without it, none does."""

    is_required = models.BooleanField(
        _("every campaign needs approval"),
        default=False,
        help_text=_(
            "Nothing is sent until a second person has approved it. Runs that are being sent now "
            "continue; everything that is started from now on waits for an approval."
        ),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("approval setting")
        verbose_name_plural = _("approval settings")
        constraints = [
            models.CheckConstraint(name="approvalsettings_once", condition=models.Q(pk=ONLY))
        ]

    def __str__(self) -> str:
        return str(_("Approval"))


def settings_row() -> ApprovalSettings:
    """Return the settings, or an unsaved row with the defaults if they were never changed."""
    return ApprovalSettings.objects.filter(pk=ONLY).first() or ApprovalSettings(pk=ONLY)
