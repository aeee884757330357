"""The check that every open attempt is repeated soon after nothing hinders it any more."""

from __future__ import annotations

from django.db.models import F

from sending.models import Attempt
from sending.states import DeliveryState
from tests.model.fault_periods import FaultPeriods
from tests.model.invariants import Invariants
from tests.model.scheduler import seconds_at

#: An open attempt is repeated within this many seconds without a fault, plus two gaps. An account
#: makes one request at a time, so before the repeat there may be: this request and one for another
#: message, both without an answer (45 s each), the pause between repeats (20 s), and the wait to
#: probe a gateway that answers nothing (30 s), once for each.
LONGEST_WAIT_SECONDS = 190.0


def check_open_attempts(invariants: Invariants, fault_periods: FaultPeriods) -> None:
    """Record a violation for each open attempt that no lane repeats although nothing hinders it."""
    for account_id, uin, seq, marked_at in Attempt.objects.filter(
        finished_at=None, delivery__seq=F("seq"), delivery__state=DeliveryState.SENDING
    ).values_list("account_id", "account__uin", "seq", "marked_at"):
        since = max(seconds_at(marked_at), invariants.last_left(uin, seq))
        waited = fault_periods.longest_without(since, invariants.now)
        if waited > LONGEST_WAIT_SECONDS + 2 * invariants.longest_gap(uin):
            invariants.fail(
                f"SEQ {seq} of account {uin} (key {account_id}) was not repeated for {waited:.0f} s"
            )
