"""The inbox: what people wrote to accounts, as GetMsgEx handed it over."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from qqhttp import MessageKind


class InboundKind(models.IntegerChoices):
    """MT of the protocol; another number is kept as it came."""

    USER = MessageKind.USER.value, _("message")
    REQUEST = MessageKind.REQUEST.value, _("asks to be a friend")
    ACCEPTED = MessageKind.ACCEPTED.value, _("accepted as a friend")
    REFUSED = MessageKind.REJECTED.value, _("refused to be a friend")
    SYSTEM = MessageKind.SYSTEM.value, _("system message")


class InboundMessage(models.Model):
    """One item of an account's inbox. Rows are the engine's: nobody edits them.

    News that a friend went online or away (MT=99) is no row: docs/decisions/0013-the-inbox.md.
    """

    account = models.ForeignKey(
        Account,
        # What people wrote stays on the record: such an account is disabled, not deleted.
        on_delete=models.PROTECT,
        related_name="inbound_messages",
        verbose_name=_("account"),
        db_index=False,  # the unique constraint below serves it
    )
    uin = models.BigIntegerField(_("from (UIN)"))
    kind = models.BigIntegerField(_("kind"), choices=InboundKind.choices, default=InboundKind.USER)
    #: As it came: what a person wrote may end in a blank of the gateway's. Compare it stripped.
    text = models.TextField(_("text"), blank=True)
    #: When the gateway handed it over; when it was written the protocol does not say.
    received_at = models.DateTimeField(_("received at"))
    #: Its place among what was handed over at that moment, oldest first.
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("inbound message")
        verbose_name_plural = _("inbound messages")
        ordering = ["-id"]
        constraints = [
            # Storing an answer again, because the database died over the first time, adds nothing.
            models.UniqueConstraint(
                fields=["account", "received_at", "position"], name="inboundmessage_once"
            )
        ]
        indexes = [
            # A person's page, newest first; and the segments' "replied" within n days.
            models.Index(fields=["uin", "-received_at"], name="inboundmessage_person")
        ]

    def __str__(self) -> str:
        return f"{self.uin}, {timezone.localtime(self.received_at):%Y-%m-%d %H:%M:%S}"
