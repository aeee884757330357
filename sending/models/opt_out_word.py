"""The table of the words by which people opt out, or in again, in a reply."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from texts.replies import LONGEST_KEY, LONGEST_WORD, clean_word, word_key


class OptDirection(models.TextChoices):
    """What a reply does."""

    OUT = "out", _("opts out")
    IN = "in", _("opts in again")


class WordMatch(models.TextChoices):
    """Which replies a word is found in; in neither case inside a sentence."""

    EXACT = "exact", _("the reply is the word")
    BEGINS = "begins", _("the reply begins with the word")


class OptOutWord(models.Model):
    """A word that opts a person out when they reply it, or in again."""

    word = models.CharField(
        _("word"),
        max_length=LONGEST_WORD,
        help_text=_(
            "Compared without case, width, and the blanks and punctuation around it. A question "
            "opts nobody out."
        ),
    )
    #: The word as it is compared.
    key = models.CharField(max_length=LONGEST_KEY, unique=True, editable=False)
    match = models.CharField(
        _("compared with"),
        max_length=8,
        choices=WordMatch.choices,
        default=WordMatch.EXACT,
        help_text=_(
            "A reply that begins with the word must go on with a blank, a punctuation mark or a "
            "closing word such as 谢谢."
        ),
    )
    direction = models.CharField(
        _("what it does"), max_length=4, choices=OptDirection.choices, default=OptDirection.OUT
    )
    note = models.CharField(_("note"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = HistoricalRecords(excluded_fields=["key"])

    class Meta:
        verbose_name = _("opt-out word")
        verbose_name_plural = _("opt-out words")
        ordering = ["direction", "word"]

    def __str__(self) -> str:
        return self.word

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the word cleaned, with its key.

        Raises:
            Refusal: it cannot be an opt-out word.
        """
        fields = kwargs.get("update_fields")
        if fields is None or "word" in fields:
            self.word = clean_word(self.word)
            self.key = word_key(self.word)
            if fields is not None:
                kwargs["update_fields"] = {*fields, "key"}
        super().save(*args, **kwargs)
