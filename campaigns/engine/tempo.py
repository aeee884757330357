"""The tempo of one lane: when its next request may leave, and how it waits until then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from accounts.services.conversation import Conversation
from accounts.services.database_turn import database_turn
from accounts.services.leases import Grant
from accounts.services.pace import LearntGap, Limits, Windows
from campaigns.models import Attempt

#: The mark is asked for this much before the slot at most: the ledger's commit takes its time.
LONGEST_LEAD_SECONDS = 0.25


class Tempo:
    """Waits for slots, and is woken when something changed.

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
        #: Set by the control loop when something changed: whoever waits looks around.
        self.wake = threading.Event()
        self.gap = LearntGap(floor=limits().min_interval, learnt=grant.learnt_interval)
        self.windows = Windows(
            account_id=grant.account_id, egress_id=egress_id, recent_sends=self._recent_sends
        )
        self.not_before = time.monotonic() + self._initial_wait(grant)
        self._lead = 0.02

    def slot(self) -> float:
        """Return when the next request may leave, on the monotonic clock."""
        self.gap.floor = self._limits().min_interval
        last = self._conversation.last_reply
        return self.not_before if last is None else max(self.not_before, last + self.gap.seconds)

    def rest(self, seconds: float) -> None:
        """Let no slot be before this many seconds from now."""
        self.not_before = max(self.not_before, time.monotonic() + seconds)

    def seconds_to_mark(self, member: str) -> float:
        """Return 0.0 when it is time to ask for a mark, else how long to wait and ask again.

        The mark is asked for a little before the slot, by as much as the ledger lately took. At
        0.0 the message has its place in all windows.
        """
        left = self.slot() - self._lead - time.monotonic()
        return left if left > 0 else self.windows.reserve(limits=self._limits(), member=member)

    def mark_took(self, seconds: float) -> None:
        """Learn how long the ledger takes."""
        self._lead = min(0.8 * self._lead + 0.3 * seconds, LONGEST_LEAD_SECONDS)

    def confirm(self, member: str) -> None:
        """Note that the reply has come: the windows count from now."""
        self.windows.confirm(limits=self._limits(), member=member)

    def sleep_until_slot(self) -> None:
        """Sleep the rest of the gap, to the last: timers may fire a little early."""
        while (left := self.slot() - time.monotonic()) > 0:
            if left > LONGEST_LEAD_SECONDS:
                self.pause(left)
            else:
                time.sleep(left)

    def pause(self, seconds: float) -> None:
        """Wait, or until something changed; the check may end the lane then."""
        if seconds <= 0:
            return
        if self.wake.wait(seconds):
            self.wake.clear()
        self._check()

    def _initial_wait(self, grant: Grant) -> float:
        """Return how long to wait before the first message: the gap, from the last reply.

        A lane that died may have been answered at the last moment, so after one that did not hand
        back a whole gap is waited.
        """
        if not grant.was_handed_back:
            return self.gap.seconds
        if grant.last_reply_at is None:
            return 0.0
        since = (timezone.now() - grant.last_reply_at).total_seconds()
        return max(0.0, self.gap.seconds - max(0.0, since))

    def _recent_sends(self, most: int) -> list[datetime]:
        """Return when this account's latest messages were sent, newest first."""
        with database_turn():
            rows = Attempt.objects.filter(account_id=self._account_id).order_by("-seq")
            return [
                finished_at or marked_at
                for finished_at, marked_at in rows.values_list("finished_at", "marked_at")[:most]
            ]
