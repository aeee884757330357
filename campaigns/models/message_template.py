"""The message template: a text with variables, used by many campaigns."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from foundation.archiving import Archivable


class MessageTemplate(Archivable):
    """A text in Liquid. A run keeps its own copy, so that later edits do not change it."""

    name = models.CharField(_("name"), max_length=128, unique=True)
    text = models.TextField(
        _("text"),
        help_text=_("Variables: {{ name }}, {{ uin }}, {{ nickname }}, {{ account.name }}, …"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
