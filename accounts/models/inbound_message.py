"""The inbox: messages to accounts, as the command GetMsgEx returned them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from qqhttp import MessageKind


class InboundKind(models.IntegerChoices):
    """The parameter MT of the protocol; other numbers are stored unchanged."""

    USER = MessageKind.USER.value, _("message")
    REQUEST = MessageKind.REQUEST.value, _("asks to be a friend")
    ACCEPTED = MessageKind.ACCEPTED.value, _("accepted as a friend")
    REFUSED = MessageKind.REJECTED.value, _("refused to be a friend")
    SYSTEM = MessageKind.SYSTEM.value, _("system message")


class InboundMessage(models.Model):
    """One item of an account's inbox; only the gateway's answers create rows.

    A friend's change of presence (MT=99) is not stored, see docs/decisions/0013-the-inbox.md.
    """

    account = models.ForeignKey(
        Account,
        # Inbound messages are kept, so an account that has any is disabled and not deleted.
        on_delete=models.PROTECT,
        related_name="inbound_messages",
        verbose_name=_("account"),
        db_index=False,  # the unique constraint below serves it
    )
    uin = models.BigIntegerField(_("from (UIN)"))
    kind = models.BigIntegerField(_("kind"), choices=InboundKind.choices, default=InboundKind.USER)
    #: Unchanged. The gateway may append a blank to a person's text, so strip it before comparing.
    text = models.TextField(_("text"), blank=True)
    #: The time at which the gateway returned it; the protocol has no time of writing.
    received_at = models.DateTimeField(_("received at"))
    #: Its position among the items that were returned at the same time, oldest first.
    position = models.PositiveIntegerField(_("position"), default=0)
    #: Whether the handlers of inbound messages have done their work, see
    #: `accounts/inbound_handlers.py`.
    handled = models.BooleanField(_("handled"), default=False, editable=False)
    #: If a handler failed: when the message is handled again; shared time.
    retry_at = models.DateTimeField(_("handled again at"), null=True, editable=False)

    class Meta:
        verbose_name = _("inbound message")
        verbose_name_plural = _("inbound messages")
        ordering = ["-id"]
        constraints = [
            # Makes storing an answer idempotent: it is repeated if the database fails meanwhile.
            models.UniqueConstraint(
                fields=["account", "received_at", "position"], name="inboundmessage_unique_position"
            )
        ]
        indexes = [
            # Serves a person's page, newest first, and the segments' condition "replied".
            models.Index(fields=["uin", "-received_at"], name="inboundmessage_person"),
            # Few rows: those that a handler failed for.
            models.Index(
                fields=["id"], condition=models.Q(handled=False), name="inboundmessage_unhandled"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uin}, {timezone.localtime(self.received_at):%Y-%m-%d %H:%M:%S}"
