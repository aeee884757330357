"""Request a friend list from the gateway, and store it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from accounts.friend_links.settle import settle_links
from accounts.friend_requests.settle import settle_requests_of_friends
from accounts.gateway.conversation import Conversation
from accounts.gateway.lane_stops import LaneMustStop
from accounts.gateway.task_outcomes import Done, Outcome
from accounts.gateway.task_requests import send_for_task
from accounts.models import Account, AccountTask, Friend, FriendEvent, FriendEventKind
from clocks import local, shared
from foundation.database_turn import database_turn
from foundation.queries import CHUNK, chunks
from foundation.sentences import Sentence as _
from qqhttp import GatewayError, List, ListReply, NeverLeft, NotLoggedIn, TooFast

#: The smallest page size that is requested when listing friends (the reference's own).
LIST_PAGE = 160
#: Requests for the friend list before a sync is given up for now.
SYNC_TRIES = 4
#: When a sync that was given up is tried again, seconds: the gateway's penalty for RES=3.
RETRY_SECONDS = 20.0


def sync_friends(*, conversation: Conversation) -> str:
    """Request an account's friend list and store it; return the outcome in words.

    The number of friends is requested first (TN=0), then the list with room for all of them.

    Raises:
        LaneMustStop: the list could not be obtained now.
        NeverLeft: the gateway cannot be reached.
    """
    last: GatewayError | None = None
    for _try in range(SYNC_TRIES):
        conversation.log_in_if_needed()
        try:
            count = _list(conversation, tn=0).count or 0
            reply = _list(conversation, tn=max(LIST_PAGE, count))
        except NotLoggedIn:
            conversation.note_session_ended()
        except NeverLeft:
            raise
        except GatewayError as error:
            last = error
            if isinstance(error, TooFast):
                break
        else:
            with database_turn():
                store_friends(account_id=conversation.account.pk, uins=reply.friends, count=count)
            return _outcome_of(len(reply.friends), count)
    sentence = last.sentence if last else _("The gateway keeps ending the session.")
    raise LaneMustStop(sentence, retry_seconds=RETRY_SECONDS)


def sync_step(conversation: Conversation, account_task: AccountTask) -> Outcome:
    """Request the friend list between messages.

    One request is enough as a rule, because SN is the number of friends. A second one is made if
    the list has grown beyond the room that the first asked for.
    """
    account = conversation.account
    with database_turn():
        account.refresh_from_db(fields=("friend_count",))
    room = max(LIST_PAGE, 2 * (account.friend_count or 0))

    def ask(tn: int) -> ListReply:
        return send_for_task(
            conversation=conversation,
            account_task=account_task,
            make=lambda seq: List(seq=seq, uin=account.uin, tn=tn),
            is_marked=False,
        )

    reply = ask(room)
    if not reply.is_complete and room < reply.count:
        reply = ask(reply.count)
    return Done(_outcome_of(len(reply.friends), reply.count), partial(_store, account.pk, reply))


def _store(account_id: int, reply: ListReply) -> None:
    store_friends(account_id=account_id, uins=reply.friends, count=reply.count)


def _outcome_of(listed: int, count: int) -> str:
    if listed >= count:
        return _("%(count)d friends.") % {"count": listed}
    return _(
        "The gateway listed only %(listed)d of %(count)d friends. "
        "Friends missing from its list were left unchanged."
    ) % {"listed": listed, "count": count}


def _list(conversation: Conversation, *, tn: int) -> ListReply:
    try:
        reply = conversation.client.exchange(
            List(seq=conversation.next_seq(), uin=conversation.account.uin, tn=tn)
        )
        reply.raise_for_res()
        return reply
    finally:
        conversation.last_reply = local.elapsed()


def store_friends(*, account_id: int, uins: Collection[int], count: int) -> None:
    """Store the friends that the gateway listed as an account's friend list.

    Args:
        account_id: the account.
        uins: the friends listed.
        count: how many there are according to the gateway. Some gateways cut long lists; then
            friends that are missing from the list are left unchanged.
    """
    now = shared.wall()
    listed = set(uins)
    with transaction.atomic():
        account = Account.objects.defer("credential").get(pk=account_id)
        known = dict(Friend.objects.filter(account_id=account_id).values_list("uin", "ended_at"))
        new = sorted(listed - known.keys())
        Friend.objects.bulk_create(
            [Friend(account_id=account_id, uin=uin, known_since=now) for uin in new],
            batch_size=CHUNK,
            ignore_conflicts=True,
        )
        back = sorted(uin for uin in listed & known.keys() if known[uin] is not None)
        mine = Friend.objects.filter(account_id=account_id)
        for chunk in chunks(back):
            mine.filter(uin__in=chunk).update(
                # The first time is kept.
                first_known_since=Coalesce(F("first_known_since"), F("known_since")),
                ended_at=None,
                known_since=now,
            )
        gone = []
        if len(listed) >= count:
            gone = sorted(uin for uin in known.keys() - listed if known[uin] is None)
            for chunk in chunks(gone):
                mine.filter(uin__in=chunk).update(ended_at=now, presence=None)
        if account.friends_synced_at is not None:
            _store_events(account_id, came=[*new, *back], went=gone, at=now)
        settle_requests_of_friends(account_id=account_id, uins=listed)
        settle_links(account_id=account_id, friends=listed, is_complete=len(listed) >= count)
        Account.objects.filter(pk=account_id).update(
            friend_count=mine.current().count(),
            friends_synced_at=now,
            friends_unlisted=max(0, count - len(listed)),
        )


def _store_events(
    account_id: int, *, came: Collection[int], went: Collection[int], at: datetime
) -> None:
    kinds = [(uin, FriendEventKind.CAME) for uin in came]
    kinds += [(uin, FriendEventKind.WENT) for uin in went]
    FriendEvent.objects.bulk_create(
        [FriendEvent(account_id=account_id, uin=uin, kind=kind, at=at) for uin, kind in kinds],
        batch_size=CHUNK,
    )
