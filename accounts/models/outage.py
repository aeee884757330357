"""The outage: a period in which an egress cannot reach the gateway."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.egress import Egress
from foundation.sentence_field import SentenceField


class Outage(models.Model):
    """A period in which an egress cannot reach the gateway, with one sentence for the operator.

    While it is open, nothing is sent through the egress.
    """

    egress = models.ForeignKey(
        Egress, on_delete=models.CASCADE, related_name="outages", verbose_name=_("egress")
    )
    began_at = models.DateTimeField(_("began at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    sentence = SentenceField(_("in words"), max_length=500)

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["egress"],
                condition=models.Q(ended_at=None),
                name="outage_unique_open_of_egress",
            )
        ]

    def __str__(self) -> str:
        return self.sentence
