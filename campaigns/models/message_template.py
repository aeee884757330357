"""The message template: a text with variables, used by many campaigns."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from foundation.archiving import Archivable
from foundation.named_model import NamedModel

#: The attribute that says a person's language, unless a template names another.
LANGUAGE_ATTRIBUTE = "language"


class MessageTemplate(NamedModel, Archivable):
    """A text in Liquid, and texts by language.

    A run keeps its own copy, so that later edits do not change it.
    """

    text = models.TextField(
        _("text"),
        help_text=_("For everybody whose language has no text of its own below."),
    )
    language_attribute = models.CharField(
        _("attribute with the language"),
        max_length=100,
        default=LANGUAGE_ATTRIBUTE,
        help_text=_(
            "The attribute of the contacts that says a person's language, such as zh-hans or en."
        ),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    history = HistoricalRecords(excluded_fields=["name_key"])

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ["name"]

    def texts_by_language(self) -> dict[str, str]:
        """Return the texts by language tag; "" is the default text."""
        return {"": self.text, **{one.language: one.text for one in self.texts.all()}}
