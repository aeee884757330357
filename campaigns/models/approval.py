"""The table of approvals: who asked for one, what exactly was shown, and who decided."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.campaign_run import CampaignRun
from campaigns.states import APPROVAL_STATES, ApprovalState
from foundation.states import StatefulQuerySet

#: The most characters of a comment.
LONGEST_COMMENT = 1_000


class ApprovalQuerySet(StatefulQuerySet[Any]):
    """Approvals; only `transition` changes their state."""

    state_table = APPROVAL_STATES


class Approval(models.Model):
    """A request to approve a run, or the rule of a repeated campaign, and the decision on it.

    It holds for exactly one hash (`campaigns.approvals.definition`), so a change makes it void
    without any row being written.
    """

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
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=ApprovalState.choices,
        default=ApprovalState.REQUESTED,
    )
    hash = models.CharField(_("hash"), max_length=64)
    rule_hash = models.CharField(max_length=64)
    audience_hash = models.CharField(max_length=64, blank=True)
    people = models.PositiveBigIntegerField(_("people"), default=0)
    #: What was shown, as `campaigns.approvals.definition` writes it, for the changes since.
    definition = models.JSONField(default=dict)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    comment = models.TextField(_("comment"), blank=True, max_length=LONGEST_COMMENT)
    at = models.DateTimeField(_("requested at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = models.Manager.from_queryset(ApprovalQuerySet)()

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
