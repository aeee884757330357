"""How long a send permit is valid, and a ledger whose worker has ended."""

from __future__ import annotations

import pytest

from accounts.querysets.worker import PRESUMED_DEAD_SECONDS, PROVED_SECONDS
from qqcampaign import settings
from qqhttp.transport import UNACKNOWLEDGED_SECONDS
from sending.lanes.permit import FRESH_SECONDS
from sending.ledger.entries import Mark
from sending.ledger.ledger import Ledger


def test_whoever_may_still_send_has_its_lease() -> None:
    """A permit stays valid longer than the slowest connect and request."""
    proof = PRESUMED_DEAD_SECONDS - PROVED_SECONDS
    assert proof >= FRESH_SECONDS + settings.QQ_CONNECT_TIMEOUT + UNACKNOWLEDGED_SECONDS


@pytest.mark.django_db
def test_a_closed_ledger_grants_nothing_and_keeps_nobody_waiting() -> None:
    """A lane that continues after its worker has ended does not wait for ever."""
    ledger = Ledger(worker_id=0)
    ledger.start()
    ledger.close()
    assert not ledger.submit(Mark(1, 1, 1, 1, None)).wait()
    ledger.wait_for_all()
