"""The pacing of one lane: when its next request may leave, and the waiting until then.

The limits themselves are in `accounts.pacing.limits`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from accounts.gateway.conversation import Conversation
from accounts.leases.leases import Grant
from accounts.pacing.learnt_gap import LearntGap
from accounts.pacing.limits import Limits, SharedRate
from accounts.pacing.pace import Windows
from clocks import local, shared
from foundation.database_turn import database_turn
from sending.models import Attempt
from sending.runs.rate import reservation_of

#: The longest time before the slot at which the mark is requested, seconds: a commit takes time.
LONGEST_LEAD_SECONDS = 0.25


class LanePacing:
    """Waits for slots. A wait ends early when something changed.

    All times are on `clocks.local.elapsed`, because only this lane uses them.

    Args:
        conversation: the account's requests; it has the time of the last reply.
        grant: the lease, with what the last lane knew.
        egress_id: the egress whose ceiling applies.
        limits: returns the operator's limits at this moment.
        check: called after every wait; raises LaneMustStop to end the lane.

    Attributes:
        wake: an event; the control loop sets it when something changed.
        gap: the gap to keep.
        windows: the rate windows.
        not_before: no slot is before this.
        is_waiting: whether the lane waits here.
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
        self.wake = local.new_event()
        self.is_waiting = False
        self.gap = LearntGap(floor=limits().min_interval, learnt=grant.learnt_interval)
        self.windows = Windows(
            account_id=grant.account_id, egress_id=egress_id, recent_sends=self._recent_sends
        )
        if grant.has_lost_reservation:
            # A lane may have died between a reservation and its mark: count the attempts.
            self.windows.forget_reservations(was_made=self._was_made)
        self.not_before = local.elapsed() + self._initial_wait(grant)
        self._lead = 0.02

    def slot(self) -> float:
        """Return when the next request may leave."""
        self.gap.floor = self._limits().min_interval
        last = self._conversation.last_reply
        return self.not_before if last is None else max(self.not_before, last + self.gap.seconds)

    @property
    def most_per_second(self) -> float:
        """The most messages a second that the gap and the windows allow; 0.0 without limits."""
        spans = [(self.gap.seconds, 1), *self._limits().windows]
        return min((n / seconds for seconds, n in spans if seconds > 0), default=0.0)

    def rest(self, seconds: float) -> None:
        """Allow no slot within this many seconds from now."""
        self.not_before = max(self.not_before, local.elapsed() + seconds)

    def seconds_to_mark(self) -> float:
        """Return the seconds to wait before requesting a mark; 0.0 if it is time.

        The mark is requested before the slot by about as long as the ledger lately took.
        """
        return max(0.0, self.slot() - self._lead - local.elapsed())

    def reserve(self, seq: int, *, rate: SharedRate | None) -> float:
        """Reserve a slot in all rate windows, right before the message's mark.

        Args:
            seq: the message's SEQ.
            rate: its run's own rate, or None.

        Returns:
            0.0 if it is reserved; else the seconds to wait before trying again.

        Raises:
            RateReachedError: the run's own rate is used up.
        """
        member = self._reservation(seq)
        return self.windows.reserve(limits=self._limits(), member=member, rate=rate)

    def reserve_again(self, seq: int) -> float:
        """Reserve a slot for a repeat in the account's windows and the ceilings.

        Its first request may have left a minute ago, and others may have filled the minute since.
        The run's own rate counts repeats, but does not hold them up.

        Args:
            seq: the message's SEQ.

        Returns:
            0.0 if it is reserved; else the seconds to wait before trying again.
        """
        member = self._reservation(seq)
        return self.windows.reserve(limits=self._limits(), member=member, is_repeat=True)

    def release(self, seq: int, *, rate: SharedRate | None) -> None:
        """Release a reservation whose mark was not made."""
        self.windows.release(limits=self._limits(), member=self._reservation(seq), rate=rate)

    def note_mark_duration(self, seconds: float) -> None:
        """Note how long the ledger took for a mark, seconds."""
        self._lead = min(0.8 * self._lead + 0.3 * seconds, LONGEST_LEAD_SECONDS)

    def confirm(self, seq: int, *, rate: SharedRate | None, repeats: int) -> None:
        """Note that the reply came: the windows count the message from now on.

        Args:
            seq: the message's SEQ.
            rate: its run's own rate, or None.
            repeats: how often the request was repeated. Each repeat is a request of its own for the
                run's rate, but waits for no place in it.
        """
        member = self._reservation(seq)
        self.windows.confirm(
            limits=self._limits(),
            member=member,
            rate=rate,
            rate_member=f"{member}:{repeats}" if repeats else member,
        )

    def sleep_until_slot(self) -> None:
        """Sleep until the slot has come, even if timers fire a little early."""
        while (left := self.slot() - local.elapsed()) > 0:
            if left > LONGEST_LEAD_SECONDS:
                self.wait(left)  # the gap may change meanwhile
            else:
                local.sleep(left)

    def wait(self, seconds: float) -> None:
        """Wait; return early if something changed. The caller checks again what to wait for.

        Raises:
            LaneMustStop: the lane must not continue.
        """
        if seconds > 0:
            self.is_waiting = True
            if self.wake.wait(seconds):
                self.wake.clear()
            self.is_waiting = False
        self._check()

    def pause(self, seconds: float) -> None:
        """Wait the full time even if something changed meanwhile.

        Raises:
            LaneMustStop: the lane must not continue.
        """
        ends_at = local.elapsed() + seconds
        while (left := ends_at - local.elapsed()) > 0:
            self.wait(left)

    def _reservation(self, seq: int) -> str:
        return reservation_of(self._account_id, seq)

    def _initial_wait(self, grant: Grant) -> float:
        """Return the seconds to wait before the first message: what is left of the last lane's gap.

        It is a whole gap if the last lane did not hand back: see `Grant.last_reply_at`.
        """
        if grant.last_reply_at is None:
            return 0.0
        since = (shared.earliest() - grant.last_reply_at).total_seconds()
        return max(0.0, self.gap.seconds - max(0.0, since))

    def _was_made(self, reservation: str) -> bool:
        """Return whether the message with this reservation was marked."""
        seq = reservation.rpartition(":")[2]
        with database_turn():
            return Attempt.objects.filter(account_id=self._account_id, seq=int(seq)).exists()

    def _recent_sends(self, most: int) -> list[tuple[str, datetime]]:
        """Return this account's latest messages, newest first: each one's reservation and time."""
        with database_turn():
            rows = Attempt.objects.filter(account_id=self._account_id).order_by("-seq")
            return [
                (reservation_of(self._account_id, seq), finished_at or marked_at)
                for seq, finished_at, marked_at in rows.values_list(
                    "seq", "finished_at", "marked_at"
                )[:most]
            ]
