"""The table of attempts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from foundation.display import EMPTY
from sending.models.delivery import Delivery


class Attempt(models.Model):
    """One CLTMSG request for a delivery, stored before the request leaves (rule 3).

    A replay after an answer that is not definite repeats the request of the same attempt, with the
    same SEQ and the same text. A new attempt takes a new SEQ.
    """

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="attempts", verbose_name=_("delivery")
    )
    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="attempts",
        verbose_name=_("account"),
        db_index=False,  # the unique constraint serves it
    )
    seq = models.BigIntegerField(_("SEQ"))
    marked_at = models.DateTimeField(_("marked at"))
    replays = models.PositiveSmallIntegerField(_("replays"), default=0)
    res = models.CharField(_("RES"), max_length=16, blank=True, default="")
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["id"]
        constraints = [
            # The last guard against two messages sharing a SEQ.
            models.UniqueConstraint(fields=["account", "seq"], name="attempt_unique_seq")
        ]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.seq}: {self.res or EMPTY}"
