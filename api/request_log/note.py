"""What this process answered and has not written yet.

A request only adds to a list, so it costs no transaction. Nothing is lost but what a killed process
answered in its last second. Refusals are never dropped: those that a flood could make without end
(nobody signed in, or too many requests) count up one row, and so do all when the list is full.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from django.http import HttpRequest

from api.models import ApiRequest, Token
from api.models.request import REFUSED
from api.pipeline.operation import Operation
from api.pipeline.problems import Problem
from audit.addresses import client_address
from clocks import local, shared
from foundation.log_context import log_context

#: Rows that wait at most. A database that is away for long leaves gaps, of successes only.
MOST_WAITING = 20_000
#: Rows of equal refusals at most; beyond, the address is left out.
MOST_MERGED = 2_000
NOT_SIGNED_IN, TOO_MANY = 401, 429
_Key = tuple[object, ...]


@dataclass(slots=True)
class Asked:
    """A request under way: what becomes known of it while it is answered."""

    began_at: float = field(default_factory=local.elapsed)
    operation: Operation | None = None
    token: Token | None = None
    problem: Problem | None = None


class Waiting:
    """The rows that wait to be written; any thread may add to them."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._rows: list[ApiRequest] = []
        self._merged: dict[_Key, ApiRequest] = {}
        self._dropped = 0

    def add(self, row: ApiRequest) -> None:
        """Add a row."""
        with self._turn:
            is_full = len(self._rows) >= MOST_WAITING
            if row.status < REFUSED:
                if is_full:
                    self._dropped += row.times
                else:
                    self._rows.append(row)
            elif is_full or _is_endless(row):
                self._count_up(row)
            else:
                self._rows.append(row)

    def take(self) -> tuple[list[ApiRequest], int]:
        """Return the rows in the order of their times, and how many successes were dropped."""
        with self._turn:
            rows = sorted([*self._rows, *self._merged.values()], key=lambda row: row.at)
            dropped = self._dropped
            self._rows, self._merged, self._dropped = [], {}, 0
        return rows, dropped

    def give_back(self, rows: list[ApiRequest], dropped: int) -> None:
        """Take rows back that could not be written."""
        with self._turn:
            self._dropped += dropped
        for row in rows:
            self.add(row)

    def _count_up(self, row: ApiRequest) -> None:
        if len(self._merged) >= MOST_MERGED:
            row.address = ""
        what = (row.method, row.operation, row.status, row.error, row.field)
        key = (row.token_id, row.address, *what)
        first = self._merged.setdefault(key, row)
        if first is not row:
            first.times += row.times
            first.took_ms = max(first.took_ms, row.took_ms)


def _is_endless(row: ApiRequest) -> bool:
    """Return whether requests of this kind have no limit: no token, none in force, no operation."""
    return row.token_id is None or row.status in (NOT_SIGNED_IN, TOO_MANY) or not row.operation


waiting = Waiting()


def note(request: HttpRequest, asked: Asked, status: int) -> None:
    """Note a request that was answered."""
    token, problem, operation = asked.token, asked.problem, asked.operation
    waiting.add(
        ApiRequest(
            at=shared.wall(),
            token_id=token.pk if token is not None else None,
            who=token.user.get_username()[:150] if token is not None else "",
            token_name=token.name if token is not None else "",
            method=_method(request),
            operation=operation.path if operation is not None else "",
            status=status,
            error=problem.code[:64] if problem is not None else "",
            field=_field(operation, problem),
            took_ms=round((local.elapsed() - asked.began_at) * 1000),
            address=client_address(request),
            request=str(log_context().get("request", ""))[:64],
        )
    )


def _method(request: HttpRequest) -> str:
    """Return the method; what is none is whatever somebody wrote, and is not kept."""
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return request.method if request.method in known else "–"


def _field(operation: Operation | None, problem: Problem | None) -> str:
    """Return the parameter of a refusal; a name that the operation does not know is not kept."""
    if operation is None or problem is None or not problem.details.get("field"):
        return ""
    named = str(problem.details["field"])
    return next((one.name for one in operation.parameters if one.name == named), "")[:100]
