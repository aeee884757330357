"""To which labels and pools a user is restricted."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import AccountPool
from labels.models import Label


class Restriction(models.Model):
    """The part of the installation that a user sees. Without such a row they see all of it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user")
    )
    # A label or pool that is deleted is lost from here, so its users see less, never more.
    labels = models.ManyToManyField(
        Label,
        related_name="+",
        blank=True,
        verbose_name=_("labels"),
        help_text=_("Accounts and lists with one of these labels."),
    )
    pools = models.ManyToManyField(
        AccountPool,
        related_name="+",
        blank=True,
        verbose_name=_("pools"),
        help_text=_("Accounts of these pools."),
    )

    class Meta:
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")

    def __str__(self) -> str:
        return str(self.user)
