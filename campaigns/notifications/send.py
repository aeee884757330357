"""Sends the notifications that are due: each by itself, at least once, with growing pauses."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db.models import F

from accounts.wake_ups import JOBS, publish
from campaigns.models import CampaignNotifications, Notification, UserNotifications
from campaigns.notification_states import (
    OPEN_NOTIFICATION_STATES,
    NotificationState,
    TargetKind,
)
from campaigns.notifications.mail import send_mail
from campaigns.notifications.make import VIEW
from campaigns.notifications.unsent import Unsent
from campaigns.notifications.webhook import call_webhook
from clocks import local, shared
from foundation.failpoints import failpoint
from foundation.failures import is_shared_failure, traceback_without_messages
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

log = logging.getLogger(__name__)

#: Pauses after the tries but the last, seconds: from a minute to 6 hours, 14 hours together.
PAUSES = (60, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600)
MOST_TRIES = len(PAUSES) + 1
#: Seconds after which the process that sends one is presumed dead, and it is sent again. Sending
#: takes 10 s at most.
PRESUMED_DEAD_SECONDS = 60
#: So many are sent at once, because the jobs worker has four threads and runs must be planned.
MOST_AT_ONCE = 2
#: A task sends one after another for so long, seconds.
TASK_SECONDS = 20.0
_SENDERS = {TargetKind.EMAIL: send_mail, TargetKind.WEBHOOK: call_webhook}


def wake_senders() -> None:
    """Wake a sender if something is due. If Redis is unreachable, the next tick does it."""
    if _due() is not None and _under_way() < MOST_AT_ONCE:
        publish("campaigns.tasks.send_notifications", JOBS, [()])


def send_due(*, seconds: float = TASK_SECONDS) -> int:
    """Send what is due, one after another, for at most so many seconds; return how many."""
    until = local.elapsed() + seconds
    sent = 0
    while local.elapsed() < until:
        claimed = _claim()
        if claimed is None:
            break
        sent += _send(claimed)
    return sent


def _under_way() -> int:
    sending = Notification.objects.filter(
        state=NotificationState.SENDING, next_at__gt=shared.wall()
    )
    return int(sending.count())


def _due() -> Notification | None:
    found: Notification | None = (
        Notification.objects.filter(state__in=OPEN_NOTIFICATION_STATES, next_at__lte=shared.wall())
        .order_by("next_at", "pk")
        .first()
    )
    return found


def _claim() -> Notification | None:
    """Claim the notification that has been due longest; None: none is due, or two are under way.

    The number of its tries is the token of the claim: a process that was presumed dead has an old
    one, and records nothing.
    """
    due = _due()
    if due is None or _under_way() >= MOST_AT_ONCE:
        return None
    now = shared.wall()
    moved = Notification.objects.filter(pk=due.pk, tries=due.tries, next_at__lte=now).transition(
        to=NotificationState.SENDING,
        tries=F("tries") + 1,
        next_at=now + timedelta(seconds=PRESUMED_DEAD_SECONDS),
    )
    if not moved:
        return None  # another process was faster; its loop goes on
    due.refresh_from_db()
    return due


def _send(notification: Notification) -> bool:
    """Send one that is claimed, and record the result; return whether it was sent."""
    try:
        _refuse_unwanted(notification)
        _SENDERS[TargetKind(notification.target_kind)](notification)
    except Unsent as problem:
        _try_later(notification, problem.sentence)
    except Refusal as refusal:
        _fail(notification, refusal.sentence)
    except Exception as problem:
        if is_shared_failure(problem):
            raise  # of the database: the claim runs out, and it is sent again
        trace = traceback_without_messages(problem)
        log.error("Notification %s failed:\n%s", notification.pk, trace)
        _try_later(
            notification,
            _("A program error (%(error)s). The log of the jobs worker has the details.")
            % {"error": type(problem).__name__},
        )
    else:
        failpoint("after_notification")
        moved = _mine(notification).transition(
            to=NotificationState.SENT, sent_at=shared.wall(), last_error=""
        )
        return bool(moved)
    return False


def _mine(notification: Notification) -> Any:
    return Notification.objects.filter(pk=notification.pk, tries=notification.tries)


def _try_later(notification: Notification, sentence: str) -> None:
    if notification.tries >= MOST_TRIES:
        _fail(
            notification,
            _("It was tried %(n)d times. %(problem)s")
            % {"n": notification.tries, "problem": sentence},
        )
        return
    pause = PAUSES[notification.tries - 1]
    _mine(notification).transition(
        to=NotificationState.QUEUED,
        next_at=shared.wall() + timedelta(seconds=pause),
        last_error=sentence,
    )


def _fail(notification: Notification, sentence: str) -> None:
    _mine(notification).transition(to=NotificationState.FAILED, last_error=sentence)


def _refuse_unwanted(notification: Notification) -> None:
    """Refuse a notification that became unwanted while it waited.

    Raises:
        Refusal: its target was removed, or its operator may not see this any more (`unwanted`).
    """
    if notification.user is not None:
        row = UserNotifications.objects.filter(user=notification.user).first()
        is_wanted = row is not None and row.address == notification.target
        is_wanted = is_wanted and notification.event in row.events  # type: ignore[union-attr]
        is_wanted = is_wanted and notification.user.is_active and notification.user.has_perm(VIEW)
    else:
        own = CampaignNotifications.objects.filter(campaign=notification.campaign_id).first()
        targets = [] if own is None else [*own.addresses, own.webhook_url]
        is_wanted = notification.target in targets
    if not is_wanted:
        raise Refusal(
            _("It was not sent: this target was removed from the settings meanwhile."),
            code="unwanted",
        )
