"""The queryset of sessions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import connection, models
from django.db.models import OuterRef, Q

from accounts.states import WORKING_STATES
from foundation.look_ups import finds

#: After a wake-up this recent, a lane is about to start, and it polls the inbox itself.
WOKEN_LATELY = timedelta(seconds=10)

_TOUCH = "UPDATE accounts_session SET last_used_at = %s WHERE id = %s AND ended_at IS NULL"


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
        accounts: Any = self.model._meta.get_field("account").related_model
        # Joined, all accounts would be compared with each session while there are no statistics.
        able = accounts.objects.filter(
            Q(lease__worker=None) | Q(lease__worker__ended_at__isnull=False),
            Q(lease__egress=None) | Q(lease__egress=egress_id),
            Q(lease__woken_at=None) | Q(lease__woken_at__lt=at - WOKEN_LATELY),
            Q(lease__resting_until=None) | Q(lease__resting_until__lte=at),
            Q(egress=None) | Q(egress=egress_id),
            pk=OuterRef("account_id"),
            state__in=WORKING_STATES,
        )
        due = self.filter(finds(able), egress_id=egress_id, ended_at=None, poll_at__lte=at)
        return due.order_by("poll_at")

    def touch(self, used: Iterable[tuple[int, datetime]]) -> None:
        """Store when sessions that are open were last used: the gateway extends one at any request.

        Args:
            used: (session, shared time) of each. They are sent together, without building a
                statement of the ORM for each.
        """
        stored = connection.ops.adapt_datetimefield_value
        with connection.cursor() as cursor:
            cursor.executemany(_TOUCH, [(stored(at), session_id) for session_id, at in used])
