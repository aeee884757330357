"""Nothing is said not to have arrived that may have arrived, whatever ends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.leases.leases import Grant
from campaigns.models import CampaignRun
from campaigns.run_control.lifecycle import cancel_run
from campaigns.run_control.retry import RetryChoice, retry_run
from clocks import shared
from sending.ledger.entries import Mark, Settlement
from sending.ledger.ledger import Ledger
from sending.models import Delivery
from sending.runs.deliveries import move_deliveries, skip_deliveries
from sending.runs.figures import check_figures
from tests.sending.test_refused_repeats import SEQ, marked  # noqa: F401 -- a fixture

pytestmark = pytest.mark.both_databases

Marked = tuple[Ledger, Grant, Delivery]
DOUBT = "may_have_arrived"


def settle(one: Marked, *, to: str, reason: str = "", res: str = "NULL", seq: int = SEQ) -> None:
    """Record the result of the delivery's attempt, and wait until it is stored."""
    ledger, grant, delivery = one
    at = shared.now()
    ledger.settle(
        Settlement(
            delivery_id=delivery.pk,
            account_id=grant.account_id,
            seq=seq,
            to=to,
            reason=reason,
            res=res,
            at=at,
            sent_at=shared.as_wall(at),
            not_before=None,
            is_ended=True,
        )
    )
    ledger.wait_for_all()


def mark_again(one: Marked) -> int:
    """Mark the delivery's next attempt; return its SEQ."""
    ledger, grant, delivery = one
    assert ledger.submit(Mark(delivery.pk, grant.account_id, grant.token, SEQ + 1, None)).wait()
    return SEQ + 1


def cancel(delivery: Delivery) -> None:
    cancel_run(run=delivery.run.campaign_run)


def skip(delivery: Delivery) -> None:
    skip_deliveries(run_id=delivery.run_id, reasons={delivery.pk: "suppressed"})


def fail(delivery: Delivery) -> None:
    rows = Delivery.objects.filter(pk=delivery.pk)
    move_deliveries(deliveries=rows, to="failed", reason="no_account")


@pytest.mark.parametrize(
    ("end", "state", "reason"),
    [(cancel, "cancelled", ""), (skip, "skipped", "suppressed"), (fail, "failed", "no_account")],
)
@pytest.mark.parametrize("is_in_doubt", [False, True])
def test_a_pending_delivery_in_doubt_is_ended_as_unknown(
    marked: Marked,  # noqa: F811
    end: Callable[[Delivery], None],
    state: str,
    reason: str,
    is_in_doubt: bool,
) -> None:
    settle(marked, to="pending", reason=DOUBT if is_in_doubt else "", res="NULL")
    delivery = marked[2]
    end(delivery)
    delivery.refresh_from_db()
    expected = ("unknown", reason or "cancelled") if is_in_doubt else (state, reason)
    assert (delivery.state, delivery.reason) == expected
    assert check_figures(run=delivery.run) == []


@pytest.mark.parametrize(
    ("to", "res", "state", "reason"),
    [("failed", "5", "unknown", "RES_5"), ("sent", "0", "sent", ""),
     ("pending", "3", "pending", DOUBT), ("pending", "withheld", "pending", DOUBT)],
)  # fmt: skip
def test_a_doubt_outlives_the_next_attempt_unless_it_arrives(
    marked: Marked,  # noqa: F811
    to: str,
    res: str,
    state: str,
    reason: str,
) -> None:
    settle(marked, to="pending", reason=DOUBT)
    seq = mark_again(marked)
    settle(marked, to=to, reason="RES_5" if to == "failed" else "", res=res, seq=seq)
    delivery = marked[2]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == (state, reason)
    assert check_figures(run=delivery.run) == []


def test_a_result_that_comes_after_the_cancel_is_unknown(marked: Marked) -> None:  # noqa: F811
    cancel(marked[2])
    settle(marked, to="pending", reason=DOUBT)
    delivery = marked[2]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("unknown", "cancelled")
    assert check_figures(run=delivery.run) == []


def test_an_unknown_delivery_that_is_retried_stays_in_doubt(marked: Marked) -> None:  # noqa: F811
    settle(marked, to="unknown", reason="replay_window_over")
    delivery = marked[2]
    run: CampaignRun = delivery.run.campaign_run
    assert retry_run(run=run, choice=RetryChoice(states=("unknown",)))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("pending", DOUBT)
    cancel(delivery)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("unknown", "cancelled")
    assert check_figures(run=run) == []
