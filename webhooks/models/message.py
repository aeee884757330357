"""The message: one event for one endpoint. This table is the outbox."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.sentence_field import SentenceField
from foundation.states import StatefulQuerySet
from webhooks.models.endpoint import Endpoint
from webhooks.states import MESSAGE_STATES, TEST, EventKind, MessageState


class MessageQuerySet(StatefulQuerySet[Any]):
    """Messages; only `transition` changes their state."""

    state_table = MESSAGE_STATES


class Message(models.Model):
    """One event for one endpoint, with the latest answer to it."""

    endpoint = models.ForeignKey(
        Endpoint,
        on_delete=models.CASCADE,
        # A process may know an endpoint for a second after it was deleted. Its transaction, which
        # may hold the results of a hundred lanes, must not fail for that; a tick deletes the rows.
        db_constraint=False,
        db_index=False,
        related_name="messages",
        verbose_name=_("webhook"),
    )
    kind = models.CharField(
        _("event"), max_length=32, choices=[*EventKind.choices, (TEST, _("test"))]
    )
    #: What it is about, such as `delivery:12`. Messages about one object keep their order.
    object_key = models.CharField(_("about"), max_length=48)
    #: The person, for their erasure.
    uin = models.BigIntegerField(_("UIN"), null=True)
    happened_at = models.DateTimeField(_("happened at"))
    data = models.JSONField(_("data"))
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=MessageState.choices,
        default=MessageState.QUEUED,
        db_default=MessageState.QUEUED,
    )
    tries = models.PositiveIntegerField(_("tries"), default=0, db_default=0)
    next_at = models.DateTimeField(_("next try at"), null=True)
    tried_at = models.DateTimeField(_("tried at"), null=True)
    #: The latest answer: its status (empty without an answer), and the beginning of its body.
    status = models.PositiveIntegerField(_("HTTP status"), null=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True, default="", db_default="")
    problem = SentenceField(_("problem"), max_length=500, blank=True, default="", db_default="")

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message to a webhook")
        verbose_name_plural = _("messages to webhooks")
        ordering = ["-id"]
        indexes = [
            # The next messages of an endpoint, oldest first, and its backlog.
            models.Index(
                fields=["endpoint", "id"],
                condition=models.Q(state=MessageState.QUEUED),
                name="webhook_queue",
            ),
            # Whether an earlier message about the same object waits.
            models.Index(
                fields=["endpoint", "object_key", "id"],
                condition=models.Q(state=MessageState.QUEUED),
                name="webhook_queue_by_object",
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_log"),
            # Old ones, for pruning.
            models.Index(
                fields=["tried_at"],
                condition=~models.Q(state=MessageState.QUEUED),
                name="webhook_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.object_key}"

    @property
    def key(self) -> str:
        """The id that the receiver sees: the same at every try, and never used again.

        The time makes it differ from that of a row with the same number before a restore.
        """
        return f"msg_{self.pk}_{round(self.happened_at.timestamp() * 1e6):x}"
