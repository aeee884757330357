"""One watch a process over the gateway: whether it can be reached, answers logins, answers at all.

When it does not, every lane would find out by itself, again and again. Here the first one tells the
rest, one request after a pause is the probe, and when it is answered all go on. The pauses grow to
LONGEST_PAUSE_SECONDS. Only an answer ends trouble: a reset shows no more than that somebody reset.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError

from accounts.gateway.outages import begin_outage, end_outage
from clocks import local
from foundation.database_turn import database_turn

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
#: So many requests in a row without a definite answer, to any account, and new messages wait.
SILENT_AFTER = 5


class _Failure:
    """One kind of trouble: whether it is there, and when the next request may try.

    Times are `clocks.local.elapsed`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pause = 0.0
        self._noted_at = self._next_probe = float("-inf")

    @property
    def is_active(self) -> bool:
        return self._pause > 0

    def seconds_to_wait(self) -> float:
        """Return 0.0 if the caller may go on, else how long to wait before asking again.

        While the trouble is there, 0.0 makes the caller the one who probes.
        """
        if not self._pause:
            return 0.0
        with self._lock:
            left = self._next_probe - local.elapsed()
            if left > 0:
                return left
            self._next_probe = local.elapsed() + max(self._pause, FIRST_PAUSE_SECONDS)
            return 0.0

    def begin(self, asked_at: float) -> bool:
        """Note that a request failed, and when it was made; return whether that is news."""
        with self._lock:
            is_new = not self._pause
            if not is_new and asked_at <= self._noted_at:
                return False  # it was under way already: the same failure, not another one
            doubled = self._pause * 2 or FIRST_PAUSE_SECONDS
            self._pause = min(doubled, LONGEST_PAUSE_SECONDS)
            self._noted_at = local.elapsed()
            self._next_probe = self._noted_at + self._pause
        return is_new

    def end(self) -> bool:
        """Note that it is over; return whether it was there."""
        with self._lock:
            was_there, self._pause = self._pause > 0, 0.0
        return was_there


class GatewayWatch:
    """What a process knows of the gateway, and who may try it next.

    Args:
        egress_id: the egress whose outage is noted.
        on_return: called when the gateway answers again, to wake those who wait.
    """

    def __init__(self, *, egress_id: int, on_return: Callable[[], None]) -> None:
        self._egress_id = egress_id
        self._on_return = on_return
        self._path, self._logins, self._silence = _Failure(), _Failure(), _Failure()
        self._unanswered = 0
        #: When a definite answer last came to a message of any account, on `clocks.local.elapsed`.
        self.last_answer_at = float("-inf")
        #: Whether each account's latest message was taken.
        self._taken: dict[int, bool] = {}
        #: An outage that an earlier process began is over once this one gets through.
        self._may_have_row = True

    @property
    def is_away(self) -> bool:
        """Whether the last request found nobody there."""
        return self._path.is_active

    # --- before a request ---------------------------------------------------------------------

    def seconds_to_wait(self) -> float:
        """Return how long to wait before any request; 0.0: make it."""
        return self._path.seconds_to_wait()

    def seconds_before_login(self) -> float:
        """Return how long to wait before a login; 0.0: log in."""
        return self._path.seconds_to_wait() or self._logins.seconds_to_wait()

    def seconds_before_message(self) -> float:
        """Return how long to wait before a new message; 0.0: send it."""
        return self._path.seconds_to_wait() or self._silence.seconds_to_wait()

    # --- after a request ----------------------------------------------------------------------

    def note_unreachable(self, sentence: str, *, asked_at: float) -> None:
        """Note that a request found nobody.

        Args:
            sentence: why, for the operator.
            asked_at: when it was made, on `clocks.local.elapsed`.
        """
        if self._path.begin(asked_at):
            self._begin_outage(sentence)

    def note_login_unanswered(self, sentence: str, *, asked_at: float) -> None:
        """Note that a login got no definite answer; see `note_unreachable`."""
        if self._logins.begin(asked_at):
            self._begin_outage(sentence)

    def note_unanswered(self, sentence: str, *, asked_at: float) -> None:
        """Note that a message got no definite answer; see `note_unreachable`."""
        self._unanswered += 1
        if self._unanswered >= SILENT_AFTER and self._silence.begin(asked_at):
            self._begin_outage(sentence)

    def note_answered(self, *, is_login: bool = False, is_message: bool = False) -> None:
        """Note that a definite answer came, whatever it said.

        Args:
            is_login, is_message: to what. A gateway may answer one and not the other.
        """
        ended = [self._path.end(), is_login and self._logins.end()]
        if is_message:
            self.last_answer_at = local.elapsed()
            self._unanswered = 0
            ended.append(self._silence.end())
        if any(ended) or self._may_have_row:
            self._end_outage()

    def note_message(self, *, account_id: int, is_taken: bool) -> None:
        """Note what became of an account's latest message."""
        self._taken[account_id] = is_taken

    def others_fail_too(self, *, account_id: int) -> bool:
        """Return whether no other account's latest message was taken, though others sent some."""
        others = [taken for pk, taken in self._taken.items() if pk != account_id]
        return bool(others) and not any(others)

    # --- the outage's row ---------------------------------------------------------------------

    def _begin_outage(self, sentence: str) -> None:
        self._may_have_row = True
        try:
            with database_turn():
                begin_outage(egress_id=self._egress_id, sentence=sentence)
        except (DatabaseError, InterfaceError) as problem:
            log.warning("An outage cannot be noted: %s", type(problem).__name__)

    def _end_outage(self) -> None:
        if not (self._path.is_active or self._logins.is_active or self._silence.is_active):
            try:
                with database_turn():
                    end_outage(egress_id=self._egress_id)
                self._may_have_row = False
            except (DatabaseError, InterfaceError) as problem:
                log.warning("The end of an outage cannot be noted: %s", type(problem).__name__)
        self._on_return()
