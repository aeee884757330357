"""The message template: a text with variables, used by many campaigns."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from foundation.archiving import Archivable
from foundation.named_model import NamedModel
from labels.models import Label


class MessageTemplate(NamedModel, Archivable):
    """A text in Liquid. A run keeps its own copy, so that later edits do not change it."""

    text = models.TextField(
        _("text"),
        help_text=_("Variables: {{ name }}, {{ uin }}, {{ nickname }}, {{ account.name }}, …"),
    )
    labels = models.ManyToManyField(
        Label, related_name="templates", blank=True, verbose_name=_("labels")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    history = HistoricalRecords(m2m_fields=[labels], excluded_fields=["name_key"])

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ["name"]
