"""A lane's right to send: its lease, proved by the ledger with every mark and every repeat."""

from __future__ import annotations

import time

from accounts.services.conversation import LeaseLost
from accounts.services.leases import Grant
from campaigns.engine.entries import Mark, Replay
from campaigns.engine.ledger import Ledger

#: A mark older than this is proved again before its request leaves: the process may have been
#: stopped in between, and its lease may have passed on. Whoever proves has 12 seconds
#: (PRESUMED_DEAD_SECONDS - PROVED_SECONDS), of which connecting may take QQ_CONNECT_TIMEOUT and
#: what has left may stay in the kernel for UNACKNOWLEDGED_SECONDS (`qqhttp.transport`).
FRESH_SECONDS = 3.0


class RightToSend:
    """Held by one lane, for as long as nobody else may send for the account.

    Args:
        ledger: the process's ledger, which knows whether this worker is still thought to live.
        grant: the lane's lease.
        account_id: the account.

    Attributes:
        is_held: whether the lane may still write and hand back; once lost it is lost.
    """

    def __init__(self, *, ledger: Ledger, grant: Grant, account_id: int) -> None:
        self._ledger = ledger
        self._grant = grant
        self._account_id = account_id
        self.is_held = True
        #: When it was last proved, on the monotonic clock.
        self._proved_at = 0.0

    def lose(self) -> None:
        """The lease has passed on."""
        self.is_held = False

    def mark(self, *, delivery_id: int, seq: int, text: str | None, is_urgent: bool) -> bool:
        """Make an attempt durable before its request leaves (rule 3); return whether it may leave.

        Args:
            delivery_id: what is sent.
            seq: the SEQ of the request.
            text: the rendered text, or None when it is the run's own.
            is_urgent: whether its slot has come already.
        """
        mark = Mark(delivery_id, self._account_id, self._grant.token, seq, text)
        ticket = self._ledger.ask(mark, is_urgent=is_urgent)
        if not ticket.wait():
            if self._ledger.is_fenced_off:
                self.is_held = False
            return False
        self._proved_at = ticket.proved_at
        return True

    def prove_fresh(self, seq: int) -> None:
        """Let no request leave on a proof that is too old; see FRESH_SECONDS.

        Raises:
            LeaseLost: this lane may not send any more.
        """
        while time.monotonic() - self._proved_at > FRESH_SECONDS:
            self.prove_again(seq)

    def prove_again(self, seq: int) -> None:
        """Prove once more that this lane may send, and count the repeat.

        Raises:
            LeaseLost: it may not.
        """
        ticket = self._ledger.ask(Replay(self._account_id, self._grant.token, seq))
        if not ticket.wait():
            # The lease has passed on, or the attempt was ended meanwhile and the lease is ours:
            # the hand-back will see.
            self.is_held = not self._ledger.is_fenced_off
            raise LeaseLost
        self._proved_at = ticket.proved_at
