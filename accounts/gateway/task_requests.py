"""The requests of background tasks: proved by the lease, and repeated under the same SEQ."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.conf import settings

from accounts.gateway.conversation import Conversation
from accounts.gateway.lane_stops import LeaseLost, TaskGone, TaskPostponed
from accounts.leases.leases import is_still_held
from accounts.models import AccountTask
from clocks import local, shared
from foundation.database_turn import database_turn
from foundation.failpoints import failpoint
from qqhttp import NeverLeft, NoAnswer, NotLoggedIn, Reply, Request, Withheld

R = TypeVar("R", bound=Reply)

#: A request leaves within this many seconds after the lease was proved, or not at all: the process
#: may have stood still meanwhile, and another worker may have taken the lease.
LEAVES_WITHIN_SECONDS = 3.0
#: The pause before a request without a definite answer is repeated, seconds.
REPEAT_SECONDS = 10.0
#: A SEQ is not repeated in the last seconds in which the gateway remembers it.
REPLAY_MARGIN = timedelta(seconds=30)


class SeqForgotten(Exception):
    """A request had no definite answer, and its SEQ can no longer be repeated safely."""


def send_for_task(
    *,
    conversation: Conversation,
    account_task: AccountTask,
    make: Callable[[int], Request[R]],
    is_marked: bool,
) -> R:
    """Make a task's request and return the reply, which has RES=0.

    Args:
        conversation: the account's requests.
        account_task: the task.
        make: returns the request with a SEQ.
        is_marked: whether its effect must not come twice. Then the SEQ is stored before the request
            leaves (rule 3), and repeated until a definite answer comes (rule 4).

    Raises:
        TaskPostponed: it is to be tried again.
        TaskGone: the task was closed meanwhile.
        SeqForgotten: an earlier request may have been carried out, and cannot be repeated.
        qqhttp.Refusal: the gateway refused it.
        LaneMustStop, qqhttp.NeverLeft: the account, or the gateway, cannot continue.
    """
    conversation.log_in_if_needed()
    proved_at = local.elapsed()
    with database_turn():
        if not is_still_held(grant=conversation.grant):
            raise LeaseLost
        seq = _seq_of(conversation, account_task) if is_marked else conversation.next_seq()
    failpoint("after_task_mark")
    try:
        reply = conversation.client.exchange(make(seq), leave_by=proved_at + LEAVES_WITHIN_SECONDS)
        reply.raise_for_res()
    except Withheld as error:
        raise TaskPostponed(
            error.sentence, retry_seconds=0.0, is_same_request=True, counts=False
        ) from None
    except NeverLeft:
        raise
    except NotLoggedIn as error:
        conversation.note_session_ended()
        raise TaskPostponed(error.sentence, retry_seconds=0.0) from None
    except NoAnswer as error:
        raise TaskPostponed(
            error.sentence, retry_seconds=REPEAT_SECONDS, is_same_request=is_marked
        ) from None
    finally:
        conversation.last_reply = local.elapsed()
    failpoint("after_task_reply")
    return reply


def _seq_of(conversation: Conversation, account_task: AccountTask) -> int:
    """Return the SEQ of the task's request: the one that is open, or a new one that is stored."""
    mine = AccountTask.objects.open().filter(pk=account_task.pk)
    if account_task.seq is not None and account_task.asked_at is not None:
        if not mine.exists():
            raise TaskGone
        window = timedelta(
            seconds=settings.QQ_GATEWAY_REPLAY_WINDOW if settings.QQ_GATEWAY_TRUSTS_SEQ else 0.0
        )
        if shared.now() > account_task.asked_at + window - REPLAY_MARGIN:
            raise SeqForgotten
        return account_task.seq
    seq = conversation.next_seq()
    asked_at = shared.now()
    if not mine.update(seq=seq, asked_at=asked_at):
        raise TaskGone
    account_task.seq, account_task.asked_at = seq, asked_at
    return seq
