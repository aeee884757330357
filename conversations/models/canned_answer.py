"""The canned answer: a text that operators put into an answer."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from foundation.named_model import NamedModel


class CannedAnswer(NamedModel):
    """A named text with the variables of a template, made for the person who is answered."""

    text = models.TextField(_("text"), help_text=_("Written in Liquid, like a template."))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    history = HistoricalRecords(excluded_fields=["name_key"])

    class Meta:
        verbose_name = _("canned answer")
        verbose_name_plural = _("canned answers")
        ordering = ["name"]
