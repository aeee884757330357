"""The conversation between an account and a person."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from conversations.querysets import ConversationQuerySet
from conversations.states import ConversationState
from labels.models import Label

#: The most characters of the last message that a row keeps for the list.
LONGEST_PREVIEW = 200


class Conversation(models.Model):
    """What one account and one person wrote to each other; the first inbound message makes it.

    The messages are not stored here: what the person wrote is in the inbox, what we wrote is in
    the deliveries. This row keeps what the list shows and sorts by, and what operators do with it.
    Messages of campaigns do not change it, because the engine would write one row more for each.
    """

    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="conversations",
        verbose_name=_("account"),
        db_index=False,  # the unique constraint serves it
    )
    #: The person, who need not be a contact.
    uin = models.BigIntegerField(_("UIN"))
    state = models.CharField(
        _("state"),
        max_length=8,
        choices=ConversationState.choices,
        default=ConversationState.OPEN,
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="conversations",
        verbose_name=_("assigned to"),
    )
    #: The number of the person's messages after `read_at`.
    unread = models.PositiveIntegerField(_("unread"), default=0)
    #: The arrival of the last message that an operator has read.
    read_at = models.DateTimeField(_("read until"), null=True, blank=True)
    last_inbound_at = models.DateTimeField(_("last message from the person"), null=True, blank=True)
    #: The later of the last inbound message and our last answer: the order of the inbox.
    last_message_at = models.DateTimeField(_("last message"))
    #: The beginning of that message, and whether it was ours.
    preview = models.CharField(_("text"), max_length=LONGEST_PREVIEW, blank=True, default="")
    is_ours_last = models.BooleanField(default=False)
    note = models.TextField(_("note"), blank=True, default="")
    labels = models.ManyToManyField(
        Label, related_name="conversations", blank=True, verbose_name=_("labels")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = models.Manager.from_queryset(ConversationQuerySet)()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-last_message_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "uin"], name="conversation_unique_person_of_account"
            ),
            models.CheckConstraint(
                name="conversation_state_known",
                condition=models.Q(state__in=ConversationState.values),
            ),
        ]
        indexes = [
            # The list: of all, of one state, of an account. Each ends with the order of the list.
            models.Index(fields=["-last_message_at", "-id"], name="conversation_newest"),
            models.Index(fields=["state", "-last_message_at", "-id"], name="conversation_state"),
            models.Index(
                fields=["account", "-last_message_at", "-id"], name="conversation_account"
            ),
            models.Index(
                fields=["assignee", "-last_message_at", "-id"],
                name="conversation_assignee",
                condition=models.Q(assignee__isnull=False),
            ),
            # The badge counts these, and the filter shows them.
            models.Index(
                fields=["-last_message_at", "-id"],
                name="conversation_unread",
                condition=models.Q(unread__gt=0),
            ),
            models.Index(fields=["uin"], name="conversation_person"),
        ]

    def __str__(self) -> str:
        return f"{self.uin} ↔ {self.account.uin}"
