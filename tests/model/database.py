"""The engine's database, in memory, with injected faults in virtual time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.db import InternalError, OperationalError, connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.transaction import Atomic
from greenlet import GreenletExit, getcurrent

from tests.model.scheduler import Fiber, Scheduler

#: How statements begin that change nothing, and parts of those that only store the time.
_CHANGES_NOTHING = ("SELECT", "\nSELECT", "BEGIN", "SAVEPOINT", "RELEASE")
_OF_CLOCKS = ('"accounts_worker" SET "heartbeat_at"', "accounts_worker SET heartbeat", '"clocks_')

_leave = Atomic.__exit__
_template: DatabaseWrapper | None = None


def _in_memory() -> DatabaseWrapper:
    settings = copy.deepcopy(connections["default"].settings_dict)
    settings["NAME"] = ":memory:"
    settings["OPTIONS"] = {"transaction_mode": "IMMEDIATE"}
    return DatabaseWrapper(settings, "default")


class DatabaseFaults:
    """The faults that are active in the database.

    Attributes:
        locked_until: until then transactions and writes wait.
        read_only_until: until then writes fail.
        away_until: until then every statement fails.
        late: process -> (transactions until one is delayed, its delay in seconds).
        commits: process -> (commits until one fails, how): "cut" (carried out, reported as
            failed), "lost" (not carried out) or "late N" (carried out, reported N seconds later).
    """

    def __init__(self) -> None:
        self.locked_until = self.read_only_until = self.away_until = float("-inf")
        self.late: dict[str, tuple[int, float]] = {}
        self.commits: dict[str, tuple[int, str]] = {}

    def end(self) -> None:
        """End all faults."""
        self.__init__()  # type: ignore[misc]  # the initial values


class Database:
    """A new database for one history. It replaces Django's own until `restore`.

    Args:
        time: the scheduler.
        make_template: fills the empty schema with the rows that every history starts with; it is
            called once per process.
    """

    def __init__(self, time: Scheduler, make_template: Callable[[], None]) -> None:
        self.time = time
        self.faults = DatabaseFaults()
        #: Increased by each statement that may have changed a row.
        self.version = 0
        self._before = connections["default"]
        template = _template or self._make_template(make_template)
        self.wrapper = _in_memory()
        self.wrapper.ensure_connection()
        template.connection.backup(self.wrapper.connection)
        self.wrapper.execute_wrappers.append(self._execute)
        connections["default"] = self.wrapper
        database = self

        def leave(atomic: Any, kind: Any, error: Any, trace: Any) -> None:
            database.leave(atomic, kind, error, trace)

        Atomic.__exit__ = leave  # type: ignore[method-assign]

    def _make_template(self, make: Callable[[], None]) -> DatabaseWrapper:
        global _template
        made = _in_memory()
        connections["default"] = made
        try:
            call_command("migrate", verbosity=0)
            make()
        finally:
            connections["default"] = self._before
        _template = made
        return made

    def restore(self) -> None:
        """Give Django back its own connection."""
        Atomic.__exit__ = _leave  # type: ignore[method-assign]
        connections["default"] = self._before
        self.wrapper.connection.close()

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return bool(self.wrapper.in_atomic_block)

    def finds(self, sql: str, *values: Any) -> bool:
        """Return whether a query finds a row; faults do not affect it."""
        return self.wrapper.connection.execute(sql, values).fetchone() is not None

    @property
    def is_faultless(self) -> bool:
        """Whether no fault is active or about to be."""
        faults, now = self.faults, self.time.now
        until = max(faults.locked_until, faults.read_only_until, faults.away_until)
        return until <= now and not faults.late and not faults.commits

    # --- statements ----------------------------------------------------------------------------

    def _execute(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        process = self.time.current
        if not sql.startswith(_CHANGES_NOTHING) and not any(table in sql for table in _OF_CLOCKS):
            self.version += 1
        if process is None:
            return execute(sql, params, many, context)
        if process.is_dead or self.time.is_closing:
            raise GreenletExit
        is_read = sql.lstrip().startswith(
            ("SELECT", "WITH asked AS (\n    SELECT value ->> 0 AS a")
        )
        if self.is_in_transaction:
            if not is_read and not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
                self._refuse_writes()
            return execute(sql, params, many, context)
        faults = self.faults
        if not is_read:
            self._be_late(process.name)
            while faults.locked_until > self.time.now:
                self.time.sleep(faults.locked_until - self.time.now)
        if faults.away_until > self.time.now:
            raise OperationalError("the server closed the connection unexpectedly")
        if is_read or sql.startswith("BEGIN"):
            return execute(sql, params, many, context)
        self._refuse_writes()
        is_of_clocks = any(part in sql for part in _OF_CLOCKS)
        fault = "" if is_of_clocks else self._commit_fault(process.name)
        if fault == "lost":
            raise OperationalError("the statement failed")
        result = execute(sql, params, many, context)
        if fault == "cut":
            raise OperationalError("the connection was cut")
        return result

    def _refuse_writes(self) -> None:
        if self.faults.read_only_until > self.time.now:
            raise InternalError("cannot execute this in a read-only transaction")

    def _be_late(self, name: str) -> None:
        late = self.faults.late.get(name)
        if late is None:
            return
        left, seconds = late
        if left > 0:
            self.faults.late[name] = (left - 1, seconds)
            return
        del self.faults.late[name]
        self.time.sleep(seconds)

    def _commit_fault(self, name: str) -> str:
        fault = self.faults.commits.get(name)
        if fault is None:
            return ""
        left, kind = fault
        if left > 0:
            self.faults.commits[name] = (left - 1, kind)
            return ""
        del self.faults.commits[name]
        return kind

    # --- the ends of transactions --------------------------------------------------------------

    def leave(self, atomic: Any, kind: Any, error: Any, trace: Any) -> None:
        """End an atomic block, with the fault that the process's commit has."""
        process = self.time.current
        is_outermost = self.wrapper.in_atomic_block and not self.wrapper.savepoint_ids
        if process is None or kind is not None or not is_outermost:
            _leave(atomic, kind, error, trace)
            return
        fault = self._commit_fault(process.name)
        if fault == "lost":
            lost = OperationalError("the commit failed")
            _leave(atomic, OperationalError, lost, None)
            raise lost
        _leave(atomic, None, None, None)
        if fault == "cut":
            raise OperationalError("the connection was cut")
        fiber = getcurrent()
        if isinstance(fiber, Fiber) and fault.startswith("late"):
            self.time.sleep(float(fault[4:]))  # committed long before the engine knows
