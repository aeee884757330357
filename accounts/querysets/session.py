"""The queryset of sessions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.states import WORKING_STATES

#: After a wake-up this recent, a lane is about to start, and it polls the inbox itself.
WOKEN_LATELY = timedelta(seconds=10)


class SessionQuerySet(models.QuerySet[Any]):
    """Sessions; lanes write them."""

    def inbox_due(self, *, egress_id: int, at: datetime) -> Self:
        """Sessions of an egress whose inbox is due to be polled, and whose account has no lane.

        The query scans the index `session_inbox` up to `at`. An account is left out if it has a
        lane or is about to get one, is bound to another egress, rests, or is stopped. A session
        that the gateway may have dropped is included: the gateway then answers RES=20.

        Args:
            egress_id: the egress.
            at: the present time.
        """
        lease = "account__lease__"
        return self.filter(
            Q(**{f"{lease}worker": None}) | Q(**{f"{lease}worker__ended_at__isnull": False}),
            Q(**{f"{lease}egress": None}) | Q(**{f"{lease}egress": egress_id}),
            Q(**{f"{lease}woken_at": None}) | Q(**{f"{lease}woken_at__lt": at - WOKEN_LATELY}),
            Q(**{f"{lease}resting_until": None}) | Q(**{f"{lease}resting_until__lte": at}),
            Q(account__egress=None) | Q(account__egress=egress_id),
            egress_id=egress_id,
            ended_at=None,
            poll_at__lte=at,
            account__state__in=WORKING_STATES,
        ).order_by("poll_at")
