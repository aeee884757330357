"""What the console remembers of its users."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class TourSeen(models.Model):
    """That a user has seen the tour, or does not want to: it is offered no more."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tour_seen"
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("tour that was seen")
        verbose_name_plural = _("tours that were seen")

    def __str__(self) -> str:
        return str(self.user)
