"""The snippet: a named piece of text that many texts use."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from foundation.archiving import Archivable
from foundation.named_model import NamedModel


class Snippet(NamedModel, Archivable):
    """A piece of text in Liquid, put into texts when a run is made."""

    text = models.TextField(
        _("text"),
        help_text=_(
            'A text uses it as {{ snippets.name }}, or as {{ snippets["two words"] }} if the '
            "name has blanks. Runs that exist already keep their text."
        ),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    history = HistoricalRecords(excluded_fields=["name_key"])

    class Meta:
        verbose_name = _("snippet")
        verbose_name_plural = _("snippets")
        ordering = ["name"]
