"""The service that sends failed notifications again."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from campaigns.creation.notification_choice import CHANGE
from campaigns.models import Notification
from campaigns.notification_states import NotificationState
from clocks import shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def retry_notifications(*, notifications: QuerySet[Notification], by: Any = None) -> int:
    """Queue the failed ones among some notifications again, with all their tries; return how many.

    Args:
        notifications: any notifications.
        by: the operator; None for the command line, which has every right.

    Raises:
        Refusal: none of them failed (`nothing_to_retry`), or the operator may not (`no_right`).
    """
    if by is not None and not by.has_perm(CHANGE):
        raise Refusal(
            _("%(who)s may not send notifications again. Ask an administrator.") % {"who": str(by)},
            code="no_right",
        )
    chosen = Notification.objects.filter(
        pk__in=notifications.order_by().values("pk"), state=NotificationState.FAILED
    )
    moved: int = chosen.transition(
        to=NotificationState.QUEUED, tries=0, next_at=shared.wall(), last_error=""
    )
    if not moved:
        raise Refusal(
            _("None of these notifications failed: there is nothing to retry."),
            code="nothing_to_retry",
        )
    return moved
