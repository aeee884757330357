"""The table of approvals of campaigns: of a run, or of the rule of a repeated campaign."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.approval_request import ApprovalRequest
from campaigns.models.campaign import Campaign
from campaigns.models.campaign_run import CampaignRun
from campaigns.states import ApprovalState


class Approval(ApprovalRequest):
    """A request to approve a run, or the rule of a repeated campaign, and the decision on it."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="approvals", verbose_name=_("campaign")
    )
    #: The run that waits for it; NULL: it is for the rule of a repeated campaign.
    run = models.ForeignKey(
        CampaignRun,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="approvals",
        verbose_name=_("run"),
    )
    rule_hash = models.CharField(max_length=64)
    audience_hash = models.CharField(max_length=64, blank=True)
    people = models.PositiveBigIntegerField(_("people"), default=0)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"],
                condition=models.Q(state=ApprovalState.REQUESTED),
                name="approval_one_request_of_campaign",
            ),
            models.CheckConstraint(
                name="approval_state_known", condition=models.Q(state__in=ApprovalState.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run or self.campaign}: {self.get_state_display()}"

    @property
    def subject(self) -> Campaign:
        """The campaign."""
        return self.campaign
