"""The segment: saved conditions that select people."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.archiving import Archivable
from foundation.named_model import NamedModel


class Segment(NamedModel, Archivable):
    """Conditions that select people; an audience's segments are evaluated at planning."""

    description = models.TextField(_("description"), blank=True)
    #: The JSON that `contacts.segments.conditions` describes.
    conditions = models.JSONField(_("conditions"), default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]
