"""The requests that wait for an approval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from campaigns.approvals.rights import why_own
from campaigns.models import Approval, ApprovalRequest, Campaign, SequenceApproval
from foundation.restricted import asking, is_restricted

#: The most requests of each kind that are listed.
MOST = 100


def waiting_requests() -> list[ApprovalRequest]:
    """Return the open requests, of campaigns and of sequences, the oldest first.

    Of restricted operators only those of their campaigns.
    """
    campaigns = Approval.objects.waiting().select_related(
        "campaign__template", "run", "requested_by"
    )
    sequences = SequenceApproval.objects.waiting().select_related("sequence", "requested_by")
    if is_restricted(asking()):
        campaigns = campaigns.filter(campaign__in=Campaign.objects.order_by().values("pk"))
        sequences = sequences.none()
    found = [*campaigns.order_by("at")[:MOST], *sequences.order_by("at")[:MOST]]
    return sorted(found, key=lambda request: request.at)


def requests_for(user: Any) -> Iterator[ApprovalRequest]:
    """Yield the open requests that an operator may decide, the oldest first."""
    return (request for request in waiting_requests() if not why_own(request, user))
