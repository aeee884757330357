"""The table of replies: which delivery an inbound message answers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import InboundMessage
from sending.models.delivery import Delivery
from sending.models.run import Run


class Reply(models.Model):
    """An inbound message that came after a delivery to its person by its account.

    It belongs to the last one, see docs/decisions/0034-inbound-messages.md. The row holds nothing
    of the person, so it stays when they are erased, and the figures with it.
    """

    message = models.OneToOneField(
        InboundMessage,
        on_delete=models.SET_NULL,
        null=True,
        related_name="reply",
        verbose_name=_("inbound message"),
    )
    delivery = models.ForeignKey(
        Delivery,
        on_delete=models.CASCADE,
        related_name="replies",
        verbose_name=_("delivery"),
        db_index=False,  # an index below serves it
    )
    #: The run of the delivery, so that a run's replies need no join.
    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="replies", verbose_name=_("run")
    )
    #: When the message was received.
    at = models.DateTimeField(_("replied at"))

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["-id"]
        indexes = [models.Index(fields=["delivery", "at"], name="reply_of_delivery")]

    def __str__(self) -> str:
        return f"{self.delivery_id}, {self.at:%Y-%m-%d %H:%M:%S}"
