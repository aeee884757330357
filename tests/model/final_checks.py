"""What must hold when no delivery is open: rows, figures, window entries and arrived messages."""

from __future__ import annotations

from collections import Counter

from django.db.models import F

from accounts.models import Account
from campaigns.models import CampaignRun
from sending.ledger.entries import REPLAY_MARGIN_SECONDS
from sending.models import Attempt, Delivery
from sending.runs.figures import check_figures
from sending.runs.rate import reservation_of
from sending.states import DeliveryState, Promise, Reason
from tests.model.initial_data import run_name
from tests.model.scheduler import seconds_at
from tests.model.simulation import Simulation

#: An attempt gets its answer within this many seconds without a fault, plus one gap, as long as
#: the gateway remembers its SEQ.
ANSWERED_WITHIN_SECONDS = 240.0


def check_final_state(simulation: Simulation) -> None:
    """Record a violation for everything that is not as it must be."""
    fail = simulation.invariants.fail
    for run in CampaignRun.objects.all():
        for wrong in check_figures(run=run):
            fail(f"run {run.pk}: {wrong}")
    arrived = Counter((one.un, run_name(one.text)) for one in simulation.gateway.delivered)
    for delivery in Delivery.objects.select_related("run", "account"):
        _check_delivery(simulation, delivery, arrived[delivery.uin, run_name(delivery.run.text)])
    for account in Account.objects.exclude(state__in=("new", "online", "offline", "resting")):
        fail(f"account {account.uin} is {account.state}: {account.state_detail}")
    open_attempts = Attempt.objects.filter(finished_at=None, delivery__seq=F("seq"))
    if n := open_attempts.exclude(delivery__state=DeliveryState.SENDING).count():
        fail(f"{n} attempts are open although their deliveries have ended")
    _check_window_entries(simulation)


def _check_delivery(simulation: Simulation, delivery: Delivery, arrivals: int) -> None:
    fail = simulation.invariants.fail
    name = f"delivery {delivery.pk} to {delivery.uin} is {delivery.state} ({delivery.reason})"
    if arrivals > 1 and delivery.run.promise == Promise.NEVER_TWICE:
        fail(f"{name}, and arrived {arrivals} times")
    if delivery.state == DeliveryState.SENT and not arrivals:
        fail(f"{name}, and never arrived")
    if delivery.reason == Reason.TOO_MANY_TRIES and delivery.uin in simulation.gateway.unanswered:
        return  # of a *never missed* run: ten attempts had no definite answer
    if delivery.state not in (DeliveryState.SENT, DeliveryState.UNKNOWN) and arrivals:
        fail(f"{name}, and arrived")
    if delivery.state == DeliveryState.FAILED:
        fail(f"{name}: the gateway refused nothing")
    if delivery.state == DeliveryState.UNKNOWN:
        _check_unknown(simulation, delivery, name)


def _check_unknown(simulation: Simulation, delivery: Delivery, name: str) -> None:
    invariants = simulation.invariants
    if delivery.uin in simulation.gateway.unanswered or delivery.uin in invariants.opted_out:
        return
    if run_name(delivery.run.text) in invariants.cancelled:
        return
    attempt = Attempt.objects.filter(delivery=delivery).select_related("account").latest("seq")
    marked = seconds_at(attempt.marked_at)
    known_until = marked + simulation.gateway.window - REPLAY_MARGIN_SECONDS
    faultless = simulation.fault_periods.longest_without(marked, known_until)
    if faultless > ANSWERED_WITHIN_SECONDS + invariants.longest_gap(attempt.account.uin):
        invariants.fail(
            f"{name}, though nothing was wrong for {faultless:.0f} s after {marked:.1f}"
        )


def _check_window_entries(simulation: Simulation) -> None:
    """Record a violation for each entry in a rate-limit window that belongs to no attempt."""
    for account in Account.objects.select_related("lease"):
        if account.lease.worker_id is not None:
            continue  # its last lane died: the next one seeds the windows from the attempts
        members = simulation.redis.sets.get(f"pace:account:{account.pk}", ())
        entries = {member for member in members if not member.startswith("seed")}
        seqs = Attempt.objects.filter(account=account).values_list("seq", flat=True)
        extra = entries - {reservation_of(account.pk, seq) for seq in seqs}
        if extra:
            simulation.invariants.fail(
                f"account {account.uin} has {len(extra)} window entries without an attempt"
            )
