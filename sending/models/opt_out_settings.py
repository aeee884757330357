"""The table of the settings of opting out: whether a person is told so, and the text."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

#: The key of the only row.
ONLY = 1
DEFAULT_TEXT = "您已退订，我们不会再给您发消息。如需恢复，请回复“恢复订阅”。"


class OptOutSettings(models.Model):
    """Whether people who opt out by a reply are told so. There is one row; without it, none is."""

    is_confirmed = models.BooleanField(
        _("confirm opt-outs"),
        default=False,
        help_text=_(
            "Who opts out by a reply gets one message that says so, from the same account, within "
            "its pace."
        ),
    )
    text = models.TextField(_("text"), default=DEFAULT_TEXT)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("opt-out setting")
        verbose_name_plural = _("opt-out settings")
        constraints = [
            models.CheckConstraint(name="optoutsettings_once", condition=models.Q(pk=ONLY))
        ]

    def __str__(self) -> str:
        return str(_("Opting out"))


def opt_out_settings() -> OptOutSettings:
    """Return the settings, or an unsaved row with the defaults if they were never changed."""
    return OptOutSettings.objects.filter(pk=ONLY).first() or OptOutSettings(pk=ONLY)
