"""The requests that wait for an approval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from campaigns.approvals.rights import why_own
from campaigns.models import Approval
from campaigns.states import ApprovalState

#: The most requests that are listed.
MOST = 100


def waiting_requests() -> QuerySet[Approval]:
    """Return the open requests, the oldest first."""
    found = Approval.objects.filter(state=ApprovalState.REQUESTED).order_by("at")
    return found.select_related("campaign__template", "run", "requested_by")[:MOST]


def requests_for(user: Any) -> Iterator[Approval]:
    """Yield the open requests that an operator may decide, the oldest first."""
    return (request for request in waiting_requests() if not why_own(request, user))
