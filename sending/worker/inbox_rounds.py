"""The inbox rounds: poll the inboxes of accounts without a lane, and store all answers.

One query per tick finds the accounts of this egress that are due, and a few statements take their
leases. Each account is polled on a greenlet of its own. The answers are stored, and the leases
handed back, in groups. The inbox of an account with a lane is polled by the lane
(`sending/lanes/lane_inbox.py`); its answers are stored here too. See
docs/decisions/0013-the-inbox.md.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from accounts.gateway.inbox import (
    Polled,
    Turn,
    claim_turns,
    not_polled,
    poll_inbox,
    store_polled,
)
from clocks import local, shared
from foundation.database_turn import database_turn
from sending.lanes.context import LaneContext
from sending.lanes.lane_inbox import report_inbox_answer
from sending.lanes.permit import FRESH_SECONDS
from sending.wake_ups.accounts_with_work import idle_leases_with_work
from sending.wake_ups.wake import wake_lanes

log = logging.getLogger(__name__)

#: The interval between ticks, seconds.
TICK_SECONDS = 0.5
#: The most turns begun per tick, and the most under way at a time. 128 per second are enough for
#: 7,000 accounts at a heartbeat of 60 seconds. After an outage many accounts are due at the same
#: time; the limit spreads them.
MOST_A_TICK, MOST_AT_ONCE = 64, 64
#: Answers that arrive within this time are stored together, seconds.
GATHER_SECONDS = 0.02
#: The pause while the database is away, seconds.
DATABASE_PAUSE_SECONDS = 1.0


class InboxRounds:
    """Polls the inboxes of accounts without a lane, and stores every answer, those of lanes too.

    Args:
        context: the lanes' shared state.

    Attributes:
        in_progress: the turns under way, by account id: their leases are held without a lane.
    """

    def __init__(self, context: LaneContext) -> None:
        self._context = context
        self.in_progress: dict[int, Turn] = {}
        self._polled = context.polled
        self._stop = local.new_event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the rounds, unless QQ_INBOX is off."""
        if settings.QQ_INBOX:
            self._thread = local.start_thread(self._run, name="inbox")

    def close(self, *, patience: float) -> None:
        """Wait up to `patience` seconds for answers that are under way, and store all answers."""
        self._stop.set()
        self._polled.has_new.set()
        if self._thread is not None:
            self._thread.join(max(patience, 1.0))
        ends_at = local.elapsed() + patience
        while self.in_progress and local.elapsed() < ends_at:
            self._polled.has_new.wait(0.05)
            self._polled.has_new.clear()
            self._try(self._store_polled)
        self._try(self._store_polled)
        connection.close()

    # --- the loop -----------------------------------------------------------------------------

    def _run(self) -> None:
        looked_at = 0.0
        while not self._stop.is_set():
            if self._polled.has_new.wait(max(0.0, looked_at + TICK_SECONDS - local.elapsed())):
                local.sleep(GATHER_SECONDS)
                self._polled.has_new.clear()
            is_well = self._try(self._store_polled)
            if is_well and local.elapsed() - looked_at >= TICK_SECONDS:
                looked_at = local.elapsed()
                is_well = self._try(self._begin_turns)
            if not is_well:
                self._stop.wait(DATABASE_PAUSE_SECONDS)
        connection.close()

    def _try(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except (DatabaseError, InterfaceError) as problem:
            log.warning("The inbox cannot use the database: %s", type(problem).__name__)
        except Exception:
            log.exception("The inbox rounds met an unexpected error.")
        else:
            return True
        connection.close()
        return False

    def _begin_turns(self) -> None:
        gateway = self._context.gateway
        room = min(MOST_A_TICK, MOST_AT_ONCE - len(self.in_progress))
        if room <= 0 or self._context.is_draining:
            return
        if gateway.is_away:
            # Lanes probe the gateway. If there are no lanes, one turn does.
            if self._context.lanes or self.in_progress or gateway.seconds_to_wait():
                return
            room = 1
        claimed_at = local.elapsed()
        with database_turn():
            turns = claim_turns(
                worker_id=self._context.worker.pk, egress_id=self._context.egress.pk, limit=room
            )
        self.in_progress |= {turn.account_id: turn for turn in turns}
        for turn in turns:
            local.start_thread(self._poll, name="inbox turn", arguments=(turn, claimed_at))

    def _poll(self, turn: Turn, claimed_at: float) -> None:
        polled = not_polled(turn=turn)
        try:
            # If the process was suspended since the claim, it may have been presumed dead.
            is_fresh = local.elapsed() - claimed_at < FRESH_SECONDS
            if is_fresh and not self._context.is_draining:
                with self._context.new_client() as client:
                    polled = poll_inbox(client=client, turn=turn)
                report_inbox_answer(self._context.gateway, polled, asked_at=claimed_at)
        except Exception:
            log.exception("An inbox turn met an unexpected error.")
        finally:
            self._polled.put(polled)

    # --- storing ------------------------------------------------------------------------------

    def _store_polled(self) -> None:
        polled = self._polled.take()
        if not polled:
            return
        try:
            self._store(polled)
        except (DatabaseError, InterfaceError):
            self._polled.put_back(polled)  # stored when the database is back
            raise
        ended = [one.turn.account_id for one in polled if one.turn.token is not None]
        for account_id in ended:
            self.in_progress.pop(account_id, None)
        self._wake_those_with_work(ended)

    def _store(self, polled: Sequence[Polled]) -> None:
        """Store answers. One that cannot be stored does not affect the others.

        Raises:
            OperationalError, InterfaceError: the database is away. Answers stored by then may be
                stored again without effect.
        """
        try:
            with database_turn():
                store_polled(polled=polled)
        except (OperationalError, InterfaceError):
            raise
        except Exception as problem:
            if len(polled) > 1:
                for one in polled:
                    self._store([one])
                return
            # Not tried again: other answers wait behind it. Its lease will be freed as forgotten.
            # Only the error's type: its message quotes values, and message texts are private.
            log.error(
                "Account %s: its inbox cannot be stored: %s",
                polled[0].turn.uin,
                type(problem).__name__,
            )

    def _wake_those_with_work(self, account_ids: Sequence[int]) -> None:
        """Wake lanes for accounts with work: wake-ups had no effect while turns held the leases."""
        if not account_ids or self._context.is_draining:
            return
        with database_turn():
            self._context.refresh_runs(since=local.elapsed())
        runs = [run.id for run in self._context.open_runs(shared.wall())]
        with database_turn():
            idle = idle_leases_with_work(run_ids=runs).filter(pk__in=account_ids)
            wake_lanes(account_ids=list(idle.values_list("pk", flat=True)))
