"""What every request for an approval holds: what exactly was shown, who asked, who decided."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.states import APPROVAL_STATES, ApprovalState
from foundation.states import StatefulQuerySet

#: The most characters of a comment.
LONGEST_COMMENT = 1_000


class ApprovalQuerySet(StatefulQuerySet[Any]):
    """Approvals; only `transition` changes their state."""

    state_table = APPROVAL_STATES

    def waiting(self) -> Any:
        """Return the requests that wait for a decision."""
        return self.filter(state=ApprovalState.REQUESTED)


class ApprovalRequest(models.Model):
    """A request, and the decision on it. It holds for exactly one hash.

    So a change of what was shown makes it void without any row being written.
    """

    state = models.CharField(
        _("state"),
        max_length=10,
        choices=ApprovalState.choices,
        default=ApprovalState.REQUESTED,
    )
    hash = models.CharField(_("hash"), max_length=64)
    #: What was shown, for the changes since: {"texts", "rules"} (`campaigns.approvals`).
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
        abstract = True

    @property
    def subject(self) -> Any:
        """What is to be approved: a row with a name, its creator and a history."""
        raise NotImplementedError
