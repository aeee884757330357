"""The table of forbidden words."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from texts.forbidden import LONGEST_KEY, LONGEST_WORD, clean_word, word_key


class WordAction(models.TextChoices):
    """What happens to a text that holds a forbidden word."""

    REFUSE = "refuse", _("refuse: the text cannot be saved or sent")
    APPROVE = "approve", _("hold: the text needs an approval")


class ForbiddenWord(models.Model):
    """A word that messages must not contain."""

    word = models.CharField(
        _("word"),
        max_length=LONGEST_WORD,
        help_text=_(
            "Compared without case, width and blanks. ? stands for one character, * for up to 20."
        ),
    )
    #: The word as it is compared.
    key = models.CharField(max_length=LONGEST_KEY, unique=True, editable=False)
    action = models.CharField(
        _("action"), max_length=8, choices=WordAction.choices, default=WordAction.REFUSE
    )
    note = models.CharField(_("note"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = HistoricalRecords(excluded_fields=["key"])

    class Meta:
        verbose_name = _("forbidden word")
        verbose_name_plural = _("forbidden words")
        ordering = ["word"]

    def __str__(self) -> str:
        return self.word

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the word cleaned, with its key.

        Raises:
            Refusal: it cannot be a forbidden word.
        """
        fields = kwargs.get("update_fields")
        if fields is None or "word" in fields:
            self.word = clean_word(self.word)
            self.key = word_key(self.word)
            if fields is not None:
                kwargs["update_fields"] = {*fields, "key"}
        super().save(*args, **kwargs)
