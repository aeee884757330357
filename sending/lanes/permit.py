"""A lane's permit to send: its lease, proved by the ledger with every mark and every repeat.

See docs/decisions/0003-one-ledger-per-process.md.
"""

from __future__ import annotations

from accounts.leases.leases import Grant
from clocks import local
from sending.ledger.entries import Decision, Mark, PersonLimit, Replay
from sending.ledger.ledger import Ledger

#: A proof older than this, in seconds, is renewed before the request is made: the process may have
#: stood still meanwhile, and another worker may have taken the lease.
FRESH_SECONDS = 3.0
#: A request leaves within this many seconds after its proof, or not at all: connecting may take
#: time. Then it may stay in the kernel for UNACKNOWLEDGED_SECONDS (`qqhttp.transport`). The sum is
#: less than a proof's validity (PRESUMED_DEAD_SECONDS - PROVED_SECONDS) and less than the margin
#: before the gateway forgets a SEQ (`sending.ledger.entries.REPLAY_MARGIN_SECONDS`).
LEAVES_WITHIN_SECONDS = 8.0


class SendPermit:
    """The permit of one lane. While it is held, no other lane may send for the account.

    Args:
        ledger: the process's ledger, which knows whether this worker was presumed dead.
        grant: the lane's lease.
        account_id: the account.

    Attributes:
        is_held: whether the lane may still write and hand back; a lost permit is never regained.
        proved_at: the moment before the latest proof was asked for, on `clocks.local.elapsed`.
    """

    def __init__(self, *, ledger: Ledger, grant: Grant, account_id: int) -> None:
        self._ledger = ledger
        self._grant = grant
        self._account_id = account_id
        self.is_held = True
        self.proved_at = float("-inf")

    @property
    def leave_by(self) -> float:
        """The latest time at which a request may leave on this proof, on `clocks.local.elapsed`."""
        return self.proved_at + LEAVES_WITHIN_SECONDS

    def lose(self) -> None:
        """Note that the lease is lost: another lane may hold it."""
        self.is_held = False

    def mark(
        self,
        *,
        delivery_id: int,
        seq: int,
        text: str | None,
        is_urgent: bool,
        limit: PersonLimit | None = None,
    ) -> bool:
        """Make an attempt durable before its request leaves (rule 3); return whether it may leave.

        Args:
            delivery_id: the delivery.
            seq: the SEQ of the request.
            text: the rendered text, or None if it is the run's own.
            is_urgent: whether its slot has come.
            limit: the limits on messages to the person; None if the run has none.
        """
        mark = Mark(delivery_id, self._account_id, self._grant.token, seq, text, limit)
        ticket = self._ledger.submit(mark, is_urgent=is_urgent)
        if not ticket.wait():
            if self._ledger.is_fenced_off:
                self.is_held = False
            return False
        self.proved_at = ticket.proved_at
        return True

    def prove_fresh(self, seq: int) -> Decision:
        """Return whether the attempt's request may be made now; renew a proof that is too old."""
        while local.elapsed() - self.proved_at > FRESH_SECONDS:
            decision = self.prove_again(seq)
            if not decision:
                return decision
        return Decision.GRANTED

    def prove_again(self, seq: int) -> Decision:
        """Return whether an open attempt's request may leave or be repeated; it is counted.

        The proof is dated before the database was asked. So any delay of the answer, by a locked
        table or a process that stood still, makes it old, and `prove_fresh` asks once more.
        """
        ticket = self._ledger.submit(Replay(self._account_id, self._grant.token, seq))
        decision = ticket.wait()
        if decision:
            self.proved_at = ticket.proved_at
        elif self._ledger.is_fenced_off:
            self.is_held = False
        return decision
