"""A lane's permit to send: its lease, proved by the ledger with every mark and every repeat."""

from __future__ import annotations

from accounts.leases.leases import Grant
from clocks import local
from sending.ledger.entries import Decision, Mark, Replay
from sending.ledger.ledger import Ledger

#: A proof older than this is renewed before its request is made: the process may have been stopped
#: in between, and its lease may have passed on.
FRESH_SECONDS = 3.0
#: A request leaves within this many seconds of its proof, or not at all: connecting may take time.
#: What leaves may stay in the kernel for UNACKNOWLEDGED_SECONDS (`qqhttp.transport`). Both together
#: are less than a proof is good for (PRESUMED_DEAD_SECONDS - PROVED_SECONDS), and less than the
#: margin before the gateway forgets a SEQ (`sending.ledger.entries.REPLAY_MARGIN_SECONDS`).
LEAVES_WITHIN_SECONDS = 8.0


class SendPermit:
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
        self._proved_at = float("-inf")

    @property
    def leave_by(self) -> float:
        """Until when a request may leave on the latest proof, on `clocks.local.elapsed`."""
        return self._proved_at + LEAVES_WITHIN_SECONDS

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
        ticket = self._ledger.submit(mark, is_urgent=is_urgent)
        if not ticket.wait():
            if self._ledger.is_fenced_off:
                self.is_held = False
            return False
        self._proved_at = ticket.proved_at
        return True

    def prove_fresh(self, seq: int) -> Decision:
        """Return whether the attempt's request may be made now; renew a proof that is too old."""
        while local.elapsed() - self._proved_at > FRESH_SECONDS:
            decision = self.prove_again(seq)
            if not decision:
                return decision
        return Decision.GRANTED

    def prove_again(self, seq: int) -> Decision:
        """Ask whether the request of an open attempt may leave (again); it is counted.

        The proof dates from before the database was asked, so whatever the answer waited for, a
        locked table or a process that was stopped, makes it old, and it is asked for once more.
        """
        ticket = self._ledger.submit(Replay(self._account_id, self._grant.token, seq))
        decision = ticket.wait()
        if decision:
            self._proved_at = ticket.proved_at
        elif self._ledger.is_fenced_off:
            self.is_held = False
        return decision
