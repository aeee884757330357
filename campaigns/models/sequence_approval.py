"""The table of approvals of sequences."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.approval_request import ApprovalRequest
from campaigns.models.sequence import Sequence
from campaigns.states import ApprovalState


class SequenceApproval(ApprovalRequest):
    """A request to approve the steps and the rules of a sequence, and the decision on it.

    The people are not part of it: they enter later, as those of a repeated campaign do.
    """

    sequence = models.ForeignKey(
        Sequence, on_delete=models.CASCADE, related_name="approvals", verbose_name=_("sequence")
    )

    class Meta:
        verbose_name = _("approval of a sequence")
        verbose_name_plural = _("approvals of sequences")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sequence"],
                condition=models.Q(state=ApprovalState.REQUESTED),
                name="sequenceapproval_one_request",
            ),
            models.CheckConstraint(
                name="sequenceapproval_state_known",
                condition=models.Q(state__in=ApprovalState.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence}: {self.get_state_display()}"

    @property
    def subject(self) -> Sequence:
        """The sequence."""
        return self.sequence
