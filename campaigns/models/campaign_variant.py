"""The table of variants: several texts of one campaign, compared with each other."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from campaigns.models.campaign import Campaign
from campaigns.models.message_template import MessageTemplate

#: The greatest weight of a variant.
MOST_WEIGHT = 1_000


class CampaignVariant(models.Model):
    """One of the texts of a campaign, with the weight that decides how many people get it.

    People are assigned by `campaigns.planning.text_choice`, in the order of the keys.
    """

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="variants", verbose_name=_("campaign")
    )
    name = models.CharField(_("name"), max_length=64)
    weight = models.PositiveSmallIntegerField(
        _("weight"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_WEIGHT)],
        help_text=_("Of two variants with the weights 1 and 3, the second gets three quarters."),
    )
    template = models.ForeignKey(
        MessageTemplate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="variants",
        verbose_name=_("template"),
    )
    text = models.TextField(_("text"), blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "name"],
                name="campaignvariant_unique_name",
                violation_error_message=_("Two variants have the same name."),
            ),
            models.CheckConstraint(
                name="campaignvariant_weight_within",
                condition=models.Q(weight__gte=1, weight__lte=MOST_WEIGHT),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def message(self) -> str:
        """Its text in the default language."""
        return self.template.text if self.template is not None else self.text
