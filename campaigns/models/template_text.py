"""The text of a message template in one language."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.message_template import MessageTemplate

#: The most characters of a language tag.
LONGEST_TAG = 35


class TemplateText(models.Model):
    """A text for the people of one language; all others get the template's own text."""

    template = models.ForeignKey(
        MessageTemplate, on_delete=models.CASCADE, related_name="texts", verbose_name=_("template")
    )
    #: A normalised language tag (`campaigns.writing.languages`).
    language = models.CharField(_("language"), max_length=LONGEST_TAG)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("text in a language")
        verbose_name_plural = _("texts in languages")
        ordering = ["language"]
        constraints = [
            models.UniqueConstraint(fields=["template", "language"], name="template_text_once"),
        ]

    def __str__(self) -> str:
        return f"{self.template} ({self.language})"
