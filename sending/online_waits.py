"""Runs whose messages wait for their person to be online, up to a limit.

What waits has a negative rank, like the rest of a run that tests its variants. So lanes and the
search for accounts with work never read it, and a run that does not wait pays nothing. A tick
releases the messages of people who are online: it makes their rank what it was. At the limit the
run no longer holds back, so the others are sent too.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from accounts.models import Account, Friend, Session
from accounts.states import FriendPresence
from clocks import shared
from foundation.look_ups import finds
from foundation.sentences import Sentence as _
from sending.models import Delivery, Run, RunEvent
from sending.runs.each_run import for_each_run
from sending.runs.windows import load_quiet_hours, sending_times
from sending.wake_ups.wake import wake_lanes

#: Accounts looked at in one tick of one run, so that the statement is bounded.
ACCOUNTS = 100
#: A person who was last known to be online longer ago is not taken to be online.
TRUSTED = timedelta(days=1)
#: What was added to the rank of a message that waits is this number, negative.
HELD = 2**31


def release_who_is_online() -> int:
    """Release the messages of people who are online, and those at their limit; return how many.

    Nothing is released while the run may not send: the person may be offline when its window opens.
    """
    runs = Run.objects.running().filter(online_until__isnull=False)
    return sum(for_each_run(runs, do=_advance, step=_("Its wait for people to be online")))


def waiting(run: Run) -> QuerySet[Delivery]:
    """Return the deliveries of a run that wait for their person to be online."""
    held: QuerySet[Delivery] = Delivery.objects.pending().of_rest().filter(run_id=run.pk)
    return held


def _advance(run: Run) -> int:
    now = shared.wall()
    if run.online_until is not None and run.online_until <= now:
        return _end(run)
    if not sending_times(run, quiet=load_quiet_hours()).is_open(now):
        return 0
    mine = waiting(run).filter(account=OuterRef("pk"))
    others = Account.objects.filter(finds(mine), pk__gt=run.online_through).order_by("pk")
    account_ids = list(others.values_list("pk", flat=True)[:ACCOUNTS])
    through = account_ids[-1] if len(account_ids) == ACCOUNTS else 0
    Run.objects.filter(pk=run.pk).update(online_through=through)
    if not account_ids:
        return 0
    online = waiting(run).filter(_is_online(), account__in=account_ids)
    woken = set(online.values_list("account_id", flat=True))
    released = online.filter(account__in=woken).update(rank=F("rank") + HELD) if woken else 0
    if released:
        wake_lanes(account_ids=sorted(key for key in woken if key is not None))
    return released


def _end(run: Run) -> int:
    """Stop waiting. Lanes read this within half a second and send what is left."""
    left = waiting(run).count()
    with transaction.atomic():
        ended = Run.objects.filter(pk=run.pk, online_until=run.online_until)
        if not ended.update(online_until=None):
            return 0
        if left:
            detail = _(
                "The limit of the wait for people to be online has passed: the messages to the "
                "others are sent now (%(n)d)."
            ) % {"n": left}
            RunEvent.objects.create(run=run, state=run.state, detail=detail)
    return left


def _is_online() -> Exists:
    """Return the condition that the account of a delivery sees its person online.

    An account is told of changes only while it is logged in.
    """
    seen = Friend.objects.current().filter(
        account=OuterRef("account"),
        uin=OuterRef("uin"),
        presence=FriendPresence.ONLINE,
        seen_online_at__gte=shared.wall() - TRUSTED,
    )
    told = Session.objects.filter(account=OuterRef("account"), ended_at=None)
    return Exists(seen.filter(Exists(told)))
