"""Perform an account's background tasks, one request at a time, in the lane that holds the lease.

The lane decides when: between messages, or when it has nothing to send. A task's row is the queue,
so a killed process loses nothing. See docs/decisions/0036-friends-and-status.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, transaction
from django.db.models import Case, When

from accounts.account_tasks import finish_account_task
from accounts.gateway.conversation import Conversation
from accounts.gateway.friend_link_tasks import (
    add_friend,
    ask_person,
    give_up_link,
    remove_friend,
)
from accounts.gateway.friend_request_tasks import answer_friend_request, give_up_answer
from accounts.gateway.friends import sync_step
from accounts.gateway.lane_stops import LaneMustStop, TaskGone, TaskPostponed
from accounts.gateway.presence_tasks import query_presence
from accounts.gateway.profile_tasks import fetch_profile, find_people
from accounts.gateway.status_tasks import show_status
from accounts.gateway.task_outcomes import Continued, Done, Failed, Outcome
from accounts.models import AccountTask, AccountTaskKind
from clocks import shared
from foundation.database_turn import database_turn
from foundation.sentences import Sentence as _
from foundation.sentences import sentence_of
from qqhttp import GatewayError, NeverLeft, TooFast

log = logging.getLogger(__name__)

#: A task is given up after so many requests that were refused or not answered.
MOST_TRIES = 6
#: The pause after RES=3, seconds, times the number of tries: its cause may outlast the penalty.
TOO_FAST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Performer:
    """How a kind of task makes its next request, and how it is given up."""

    perform: Callable[[Conversation, AccountTask], Outcome]
    give_up: Callable[[AccountTask, str], Failed] = lambda _task, sentence: Failed(sentence)


_PERFORMERS = {
    AccountTaskKind.ACCEPT: _Performer(answer_friend_request, give_up_answer),
    AccountTaskKind.REFUSE: _Performer(answer_friend_request, give_up_answer),
    AccountTaskKind.STATUS: _Performer(show_status),
    AccountTaskKind.PRESENCE: _Performer(query_presence),
    AccountTaskKind.SYNC: _Performer(sync_step),
    AccountTaskKind.INFO: _Performer(fetch_profile),
    AccountTaskKind.ADD: _Performer(add_friend, give_up_link),
    AccountTaskKind.ASK: _Performer(ask_person, give_up_link),
    AccountTaskKind.REMOVE: _Performer(remove_friend, give_up_link),
    AccountTaskKind.FIND: _Performer(find_people),
}
#: Tasks that wait until the account has nothing to send: the answer to ASK and REMOVE may take 20 s
#: or more (a penalty of the protocol), and INFO may make many requests.
IDLE_KINDS = (AccountTaskKind.ASK, AccountTaskKind.REMOVE, AccountTaskKind.INFO)


def perform_next(*, conversation: Conversation, is_idle: bool) -> bool:
    """Make the next request of the account's background tasks; return False if none is due.

    Args:
        conversation: the account's requests.
        is_idle: whether a request may take as long as a penalty.

    Raises:
        LaneMustStop: the account cannot continue.
        qqhttp.NeverLeft: the gateway cannot be reached.
    """
    with database_turn():
        account_task = _next_task(account_id=conversation.account.pk, is_idle=is_idle)
    if account_task is None:
        return False
    performer = _PERFORMERS[AccountTaskKind(account_task.kind)]
    try:
        outcome = performer.perform(conversation, account_task)
    except TaskGone:
        return True
    except TaskPostponed as stop:
        _postpone(account_task, performer, stop)
        return True
    except NeverLeft:
        raise
    except TooFast as error:
        seconds = TOO_FAST_SECONDS * (account_task.tries + 1)
        _postpone(account_task, performer, TaskPostponed(error.sentence, retry_seconds=seconds))
        return True
    except GatewayError as error:
        outcome = performer.give_up(account_task, sentence_of(error.sentence))
    except LaneMustStop as stop:
        if stop.retry_seconds is None:
            _close(account_task, performer.give_up(account_task, stop.sentence))
        raise
    except (DatabaseError, InterfaceError):
        raise
    except Exception as problem:
        # It must fail alone: the lane would end with it, and the next lane too.
        outcome = performer.give_up(account_task, _unexpected(account_task, problem))
    try:
        _close(account_task, outcome)
    except TaskPostponed as stop:
        _postpone(account_task, performer, stop)
    except (DataError, IntegrityError) as problem:
        sentence = _unexpected(account_task, problem)
        _postpone(account_task, performer, TaskPostponed(sentence, retry_seconds=TOO_FAST_SECONDS))
    return True


def _unexpected(account_task: AccountTask, problem: Exception) -> str:
    # Only the error's type: its message may quote a text.
    what = type(problem).__name__
    log.error("Account task %s (%s) failed: %s", account_task.pk, account_task.kind, what)
    return _("It failed by an unexpected error (%(what)s).") % {"what": what}


def _next_task(*, account_id: int, is_idle: bool) -> AccountTask | None:
    due = AccountTask.objects.due(at=shared.now()).filter(account_id=account_id, is_background=True)
    if not is_idle:
        due = due.exclude(kind__in=IDLE_KINDS)
    # The friend list is read after what changes it.
    place = Case(
        When(kind=AccountTaskKind.SYNC, then=1), When(kind=AccountTaskKind.INFO, then=2), default=0
    )
    found: AccountTask | None = due.order_by(place, "pk").first()
    return found


def _close(account_task: AccountTask, outcome: Outcome) -> None:
    """Store an outcome, and close the task unless it continues.

    Raises:
        TaskPostponed: it has to be performed again; nothing was stored.
    """
    with database_turn(), transaction.atomic():
        outcome.store()
        if isinstance(outcome, Continued):
            AccountTask.objects.open().filter(pk=account_task.pk).update(
                seq=None, asked_at=None, tries=0, not_before=None
            )
            return
        finish_account_task(
            account_task_id=account_task.pk,
            is_done=isinstance(outcome, Done),
            outcome=outcome.sentence,
        )


def _postpone(account_task: AccountTask, performer: _Performer, stop: TaskPostponed) -> None:
    """Let a task wait, or give it up after too many tries."""
    tries = account_task.tries + stop.counts
    if tries >= MOST_TRIES and not stop.is_same_request:
        sentence = _("Given up after %(n)d tries: %(why)s") % {
            "n": tries,
            "why": sentence_of(stop.sentence),
        }
        _close(account_task, performer.give_up(account_task, sentence))
        return
    values = {} if stop.is_same_request else {"seq": None, "asked_at": None}
    with database_turn():
        AccountTask.objects.open().filter(pk=account_task.pk).update(
            tries=min(tries, MOST_TRIES),
            not_before=shared.now() + timedelta(seconds=stop.retry_seconds),
            outcome=sentence_of(stop.sentence),
            **values,
        )
