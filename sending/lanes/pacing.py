"""The pacing of one lane: when its next request may leave, and how it waits until then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from accounts.gateway.conversation import Conversation
from accounts.leases.leases import Grant
from accounts.pacing.pace import LearntGap, Limits, Windows
from clocks import local, shared
from foundation.database_turn import database_turn
from sending.models import Attempt

#: The mark is asked for this much before the slot at most: the ledger's commit takes its time.
LONGEST_LEAD_SECONDS = 0.25


class LanePacing:
    """Waits for slots, and is woken when something changed.

    All its times are `clocks.local.elapsed`: they are this lane's alone.

    Args:
        conversation: knows when the gateway last answered.
        grant: says what the last lane knew.
        egress_id: whose ceiling holds.
        limits: what the operator allows at the moment it is asked.
        check: called after every wait; raises to end the lane.
    """

    def __init__(
        self,
        *,
        conversation: Conversation,
        grant: Grant,
        egress_id: int,
        limits: Callable[[], Limits],
        check: Callable[[], None],
    ) -> None:
        self._conversation = conversation
        self._account_id = grant.account_id
        self._limits = limits
        self._check = check
        #: Set by the control loop when something changed.
        self.wake = local.new_event()
        self.gap = LearntGap(floor=limits().min_interval, learnt=grant.learnt_interval)
        self.windows = Windows(
            account_id=grant.account_id, egress_id=egress_id, recent_sends=self._recent_sends
        )
        if not grant.was_handed_back:
            # The lane before may have died between taking a place and its mark. The attempts know.
            self.windows.forget_reservations()
        self.not_before = local.elapsed() + self._initial_wait(grant)
        self._lead = 0.02

    def slot(self) -> float:
        """Return when the next request may leave."""
        self.gap.floor = self._limits().min_interval
        last = self._conversation.last_reply
        return self.not_before if last is None else max(self.not_before, last + self.gap.seconds)

    def rest(self, seconds: float) -> None:
        """Let no slot be before this many seconds from now."""
        self.not_before = max(self.not_before, local.elapsed() + seconds)

    def seconds_to_mark(self) -> float:
        """Return how long to wait before asking for a mark; 0.0: it is time.

        The mark is asked for a little before the slot, by as much as the ledger lately took.
        """
        return max(0.0, self.slot() - self._lead - local.elapsed())

    def reserve(self, seq: int) -> float:
        """Take a place in all windows, right before the mark it is for.

        Returns:
            0.0 when it is taken; else the seconds after which to ask again.
        """
        return self.windows.reserve(limits=self._limits(), member=self._reservation(seq))

    def release(self, seq: int) -> None:
        """Give a place back whose mark was not made."""
        self.windows.release(limits=self._limits(), member=self._reservation(seq))

    def note_mark_duration(self, seconds: float) -> None:
        """Learn how long the ledger takes."""
        self._lead = min(0.8 * self._lead + 0.3 * seconds, LONGEST_LEAD_SECONDS)

    def confirm(self, seq: int) -> None:
        """Note that the reply has come: the windows count from now."""
        self.windows.confirm(limits=self._limits(), member=self._reservation(seq))

    def sleep_until_slot(self) -> None:
        """Sleep the rest of the gap, to the last: timers may fire a little early."""
        while (left := self.slot() - local.elapsed()) > 0:
            if left > LONGEST_LEAD_SECONDS:
                self.wait(left)  # the gap itself may change meanwhile
            else:
                local.sleep(left)

    def wait(self, seconds: float) -> None:
        """Wait, or until something changed: for a caller that then looks again what to wait for.

        Raises:
            LaneMustStop: the lane may not go on.
        """
        if seconds > 0 and self.wake.wait(seconds):
            self.wake.clear()
        self._check()

    def pause(self, seconds: float) -> None:
        """Wait to the end, whatever changes meanwhile, unless the lane must end.

        Raises:
            LaneMustStop: the lane may not go on.
        """
        ends_at = local.elapsed() + seconds
        while (left := ends_at - local.elapsed()) > 0:
            self.wait(left)

    def _reservation(self, seq: int) -> str:
        return reservation_of(self._account_id, seq)

    def _initial_wait(self, grant: Grant) -> float:
        """Return how long to wait before the first message: the gap, from the last reply.

        A lane that died may have been answered at the last moment, so after one that did not hand
        back a whole gap is waited.
        """
        if not grant.was_handed_back:
            return self.gap.seconds
        if grant.last_reply_at is None:
            return 0.0
        since = (shared.earliest() - grant.last_reply_at).total_seconds()
        return max(0.0, self.gap.seconds - max(0.0, since))

    def _recent_sends(self, most: int) -> list[tuple[str, datetime]]:
        """Return this account's latest messages, newest first, by their places in the windows."""
        with database_turn():
            rows = Attempt.objects.filter(account_id=self._account_id).order_by("-seq")
            return [
                (reservation_of(self._account_id, seq), finished_at or marked_at)
                for seq, finished_at, marked_at in rows.values_list(
                    "seq", "finished_at", "marked_at"
                )[:most]
            ]


def reservation_of(account_id: int, seq: int) -> str:
    """Return what a message's place in the windows is called."""
    return f"{account_id}:{seq}"
