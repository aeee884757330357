"""Reading sessions: which inboxes are to be asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.states import WORKING_STATES

#: A wake-up that is this fresh says that a lane is about to open: it asks for itself.
WOKEN_LATELY = timedelta(seconds=10)


class SessionQuerySet(models.QuerySet[Any]):
    """Logins; the engine writes them."""

    def inbox_due(self, *, egress_id: int, at: datetime) -> Self:
        """Sessions of an egress whose account's inbox is to be asked now, by nobody's lane.

        An index scan of `session_inbox` up to `at`. Left out are accounts that have a lane or are
        about to, are bound elsewhere by now, rest, or do nothing by their state. A session that
        the gateway may have dropped meanwhile is asked all the same: RES=20 is how we learn it.
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
