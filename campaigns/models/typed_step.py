"""What was typed in a step of making a campaign and is not in the campaign yet."""

from __future__ import annotations

from django.db import models

from campaigns.models.campaign import Campaign


class TypedStep(models.Model):
    """The inputs of one step of one campaign, as they were typed: by name, a list of values."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="typed_steps")
    step = models.CharField(max_length=16)
    typed = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "step"], name="typed_step_once"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.step}"
