"""What must hold when nothing is open any more: rows, figures, places and what really arrived."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db.models import F

from accounts.models import Account
from campaigns.engine.outcomes import REPLAY_MARGIN_SECONDS
from campaigns.engine.tempo import place_of
from campaigns.models import Attempt, Delivery, Run
from campaigns.services.figures import check_figures
from campaigns.states import DeliveryState, Promise, Reason

if TYPE_CHECKING:
    from tests.model.simulation import World

#: An attempt that had so many seconds without any trouble in the
#: gateway's memory, and a gap, has its answer.
QUIET_SECONDS = 240.0
#: In so many seconds without any trouble, and two gaps, an open attempt is asked about.
FORGOTTEN_SECONDS = 120.0


def check_open_attempts(world: World) -> None:
    """Note attempts that nobody has asked about though nothing kept them from it."""
    for account_id, uin, seq, marked_at in Attempt.objects.filter(
        finished_at=None, delivery__seq=F("seq"), delivery__state=DeliveryState.SENDING
    ).values_list("account_id", "account__uin", "seq", "marked_at"):
        since = max(world.at_of(marked_at), world.checks.last_left(uin, seq))
        quiet = world.longest_quiet(since, world.time.now)
        patience = FORGOTTEN_SECONDS + 2 * world.checks.longest_gap(uin)
        if quiet > patience:
            world.checks.fail(
                f"nobody asks about SEQ {seq} of account {uin} (key {account_id}) for {quiet:.0f} s"
            )


def check_the_end(world: World) -> None:
    """Note everything that is not as it must be."""
    fail = world.checks.fail
    for run in Run.objects.all():
        for wrong in check_figures(run=run):
            fail(f"run {run.pk}: {wrong}")
    arrived = Counter((one.un, one.text.partition(" ")[0]) for one in world.gateway.delivered)
    for delivery in Delivery.objects.select_related("run", "account"):
        told = f"delivery {delivery.pk} to {delivery.uin} is {delivery.state} ({delivery.reason})"
        times = arrived[delivery.uin, delivery.run.text.partition(" ")[0]]
        if times > 1 and delivery.run.promise == Promise.NEVER_TWICE:
            fail(f"{told}, and arrived {times} times")
        if delivery.state == DeliveryState.SENT and not times:
            fail(f"{told}, and never arrived")
        if delivery.reason == Reason.TOO_MANY_TRIES and delivery.uin in world.gateway.mute:
            continue  # *never missed*, and nobody could tell: ten attempts ended openly
        if delivery.state not in (DeliveryState.SENT, DeliveryState.UNKNOWN) and times:
            fail(f"{told}, and arrived")
        if delivery.state == DeliveryState.FAILED:
            fail(f"{told}: the gateway refused nothing")
        if delivery.state == DeliveryState.UNKNOWN:
            _check_unknown(world, delivery, told)
    for account in Account.objects.exclude(state__in=("new", "online", "offline", "resting")):
        fail(f"account {account.uin} is {account.state}: {account.state_detail}")
    open_ones = Attempt.objects.filter(finished_at=None, delivery__seq=F("seq"))
    if n := open_ones.exclude(delivery__state=DeliveryState.SENDING).count():
        fail(f"{n} attempts are open whose deliveries are over")
    _check_places(world)


def _check_unknown(world: World, delivery: Delivery, told: str) -> None:
    if delivery.uin in world.gateway.mute or delivery.uin in world.checks.opted_out:
        return
    if delivery.run.text.partition(" ")[0] in world.checks.cancelled:
        return
    attempt = Attempt.objects.filter(delivery=delivery).select_related("account").latest("seq")
    marked = world.at_of(attempt.marked_at)
    quiet = world.longest_quiet(marked, marked + world.gateway.window - REPLAY_MARGIN_SECONDS)
    if quiet > QUIET_SECONDS + world.checks.longest_gap(attempt.account.uin):
        fail = world.checks.fail
        fail(f"{told}, though nothing was wrong for {quiet:.0f} s after {marked:.1f}")


def _check_places(world: World) -> None:
    """Every place in a window belongs to an attempt."""
    for account in Account.objects.select_related("lease"):
        if account.lease.worker_id is not None:
            continue  # its last lane died: the next one counts anew
        places = set(world.redis.sets.get(f"pace:account:{account.pk}", ())) - {"seed"}
        seqs = Attempt.objects.filter(account=account).values_list("seq", flat=True)
        more = places - {place_of(account.pk, seq) for seq in seqs}
        if more:
            world.checks.fail(f"account {account.uin} has {len(more)} places without a message")
