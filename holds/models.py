"""The table of holds."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Hold(models.Model):
    """A restored installation that sends nothing until an operator releases it (decision 0044).

    The engine looks for an open row where it takes a lease: without a lease there is no login, no
    message and no other request to the gateway.
    """

    #: The database's clock when the backup was made: what happened since is not known here.
    taken_at = models.DateTimeField(_("backup made at"))
    restored_at = models.DateTimeField(_("restored at"))
    #: The version that made the backup.
    version = models.CharField(_("version"), max_length=32, blank=True, default="")
    #: SEQs raised, workers ended, erasures repeated: see `operations.restoring.prepare`.
    prepared_at = models.DateTimeField(_("prepared at"), null=True, blank=True)
    #: People erased since the backup who were erased again; NULL if no list of them was found.
    erased_again = models.PositiveIntegerField(_("erased again"), null=True, blank=True)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.taken_at:%Y-%m-%d %H:%M}"


def open_holds() -> models.QuerySet[Hold]:
    """Return the holds that were not released."""
    return Hold.objects.filter(released_at=None)


def is_held() -> bool:
    """Return whether the engine must send nothing at the moment."""
    return open_holds().exists()
