"""A process's watch over the gateway: whether it can be reached, answers logins, answers messages.

Without it every lane would have to find out by itself, each with failing requests of its own. With
it all lanes wait after the first failure. After a pause one request probes the gateway; when it is
answered, all continue. The pauses grow to LONGEST_PAUSE_SECONDS. Only an answer ends a failure: a
reset connection does not show that the gateway works.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from django.db import DatabaseError, InterfaceError

from accounts.gateway.outages import begin_outage, end_outage
from clocks import local
from foundation.database_turn import database_turn

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
#: After so many messages in a row without a definite answer, of any accounts, new messages wait.
SILENT_AFTER = 5


class _Failure:
    """One kind of failure: whether it lasts, and when the next request may probe the gateway.

    Times are on `clocks.local.elapsed`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pause = 0.0
        self._noted_at = self._next_probe = float("-inf")

    @property
    def is_active(self) -> bool:
        return self._pause > 0

    def seconds_to_wait(self) -> float:
        """Return 0.0 if the caller may make its request, else the seconds until it may ask again.

        During a failure, 0.0 means that the caller's request is the probe.
        """
        if not self._pause:
            return 0.0
        now = local.elapsed()
        with self._lock:
            if self._next_probe > now:
                return self._next_probe - now
            self._next_probe = now + max(self._pause, FIRST_PAUSE_SECONDS)
            return 0.0

    def begin(self, asked_at: float) -> bool:
        """Note that a request failed; return whether a failure begins.

        Args:
            asked_at: when the request was made.
        """
        now = local.elapsed()
        with self._lock:
            is_new = not self._pause
            if not is_new and asked_at <= self._noted_at:
                return False  # it was under way already: part of the same failure
            doubled = self._pause * 2 or FIRST_PAUSE_SECONDS
            self._pause = min(doubled, LONGEST_PAUSE_SECONDS)
            self._noted_at = now
            self._next_probe = now + self._pause
        return is_new

    def end(self) -> bool:
        """End the failure; return whether there was one."""
        with self._lock:
            was_active, self._pause = self._pause > 0, 0.0
        return was_active


class GatewayWatch:
    """The state of the gateway as this process sees it; decides which request may be tried next.

    Args:
        egress_id: the egress whose outage is recorded.
        on_return: called when the gateway answers again, to wake the lanes that wait.

    Attributes:
        last_answer_at: when a message of any account last got a definite answer, on
            `clocks.local.elapsed`.
    """

    def __init__(self, *, egress_id: int, on_return: Callable[[], None]) -> None:
        self._egress_id = egress_id
        self._on_return = on_return
        self._path, self._logins, self._silence = _Failure(), _Failure(), _Failure()
        self._unanswered = 0
        self.last_answer_at = float("-inf")
        #: Whether each account's latest message was accepted.
        self._accepted: dict[int, bool] = {}
        #: Whether an outage may be on record; at first one of an earlier process may be.
        self._may_have_row = True
        #: The latest begin or end of an outage, until it is in the database.
        self._unrecorded: Callable[[], None] | None = None
        self._recording = threading.Lock()

    @property
    def is_away(self) -> bool:
        """Whether the gateway could not be reached lately."""
        return self._path.is_active

    # --- before a request ---------------------------------------------------------------------

    def seconds_to_wait(self) -> float:
        """Return the seconds to wait before any request; 0.0 if it may be made."""
        return self._path.seconds_to_wait()

    def seconds_before_login(self) -> float:
        """Return the seconds to wait before a login; 0.0 if it may be made."""
        return self._path.seconds_to_wait() or self._logins.seconds_to_wait()

    def seconds_before_message(self) -> float:
        """Return the seconds to wait before a new message; 0.0 if it may be sent."""
        return self._path.seconds_to_wait() or self._silence.seconds_to_wait()

    # --- after a request ----------------------------------------------------------------------

    def note_unreachable(self, sentence: str, *, asked_at: float) -> None:
        """Note that a request did not reach the gateway.

        Args:
            sentence: the reason, for the operator.
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
        """Note that a definite answer came, whatever its result code.

        Args:
            is_login, is_message: whether it answered a login or a message. A gateway may answer one
                and not the other.
        """
        ended = [self._path.end(), is_login and self._logins.end()]
        if is_message:
            self.last_answer_at = local.elapsed()
            self._unanswered = 0
            ended.append(self._silence.end())
        if any(ended) or self._may_have_row:
            self._end_outage()

    def note_message(self, *, account_id: int, is_accepted: bool) -> None:
        """Note whether an account's latest message was accepted."""
        self._accepted[account_id] = is_accepted

    def others_fail_too(self, *, account_id: int) -> bool:
        """Return whether other accounts sent messages and the latest of each was rejected."""
        others = [accepted for pk, accepted in self._accepted.items() if pk != account_id]
        return bool(others) and not any(others)

    # --- the outage's row ---------------------------------------------------------------------

    def record_again(self) -> None:
        """Write the begin or end of an outage that the database did not take before.

        The control loop calls this with each heartbeat: the lanes may have no further answer to
        note.
        """
        if self._unrecorded is not None:
            self._record()

    def _begin_outage(self, sentence: str) -> None:
        self._may_have_row = True
        self._unrecorded = partial(begin_outage, egress_id=self._egress_id, sentence=sentence)
        self._record()

    def _end_outage(self) -> None:
        if not (self._path.is_active or self._logins.is_active or self._silence.is_active):
            self._may_have_row = False
            self._unrecorded = partial(end_outage, egress_id=self._egress_id)
            self._record()
        self._on_return()

    def _record(self) -> None:
        """Write the latest begin or end; one lane at a time, so that none overtakes a later one."""
        if not self._recording.acquire(blocking=False):
            return  # the lane that writes looks again afterwards
        try:
            while (change := self._unrecorded) is not None:
                with database_turn():
                    change()
                if self._unrecorded is change:
                    self._unrecorded = None
        except (DatabaseError, InterfaceError) as problem:
            log.warning("An outage cannot be noted yet: %s", type(problem).__name__)
        finally:
            self._recording.release()
