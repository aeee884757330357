"""The answer to a person in a conversation."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from conversations.models.conversation import Conversation
from sending.models import Delivery


class Answer(models.Model):
    """A message of ours in a conversation, sent as one delivery, which has its text and its state.

    A key is used once in a conversation, so that a form that is posted twice sends one message.
    """

    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.CASCADE,
        related_name="answers",
        verbose_name=_("conversation"),
        db_index=False,  # the unique constraint serves it
    )
    delivery = models.OneToOneField(
        Delivery, on_delete=models.CASCADE, related_name="answer", verbose_name=_("delivery")
    )
    key = models.CharField(max_length=64)
    #: Whether a rule or an opt-out made it, and no operator.
    is_automatic = models.BooleanField(_("automatic"), default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "key"], name="answer_unique_key_of_conversation"
            )
        ]
        indexes = [
            models.Index(fields=["conversation", "-created_at", "-id"], name="answer_newest")
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} #{self.pk}"
