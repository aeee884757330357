"""Whether a user sees only a part of the installation, and which rows that is.

Who is restricted to what is the matter of the app `restrictions`, which registers itself here: the
packages below it ask without knowing its tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from django.db.models import Model, QuerySet

Rows = TypeVar("Rows", bound=QuerySet[Any])
Piece = TypeVar("Piece")


class Restrictions(Protocol):
    """What the app answers."""

    def is_restricted(self, user: Any) -> bool:
        """Return whether a user is restricted."""

    def permissions(self) -> frozenset[str]:
        """Return the permissions that a restricted user may have at all."""

    def rows(self, rows: Any, user: Any) -> Any:
        """Return those of the rows that a restricted user may see."""

    def opens(self, page: str) -> bool:
        """Return whether a page is open to restricted users, by the name of its address."""

    def refuse_beyond(self, written: Iterable[tuple[type[Model], Any]], user: Any) -> None:
        """Refuse rows that a restricted user wrote and that do not belong to their part."""


class _Seeing:
    """For whom the managers of tables give rows, and what was written meanwhile."""

    def __init__(self, user: Any) -> None:
        self.user = user
        #: Whether all rows are given for a while (`whole_tables`).
        self.is_whole = False
        #: Model and key of each row; a dictionary keeps their order.
        self.written: dict[tuple[type[Model], Any], None] = {}


_registered: list[Restrictions] = []
_seeing: ContextVar[_Seeing | None] = ContextVar("seeing", default=None)


def register_restrictions(found: Restrictions) -> None:
    """Register who is restricted; called once, when the apps are loaded."""
    _registered[:] = [found]


def is_restricted(user: Any) -> bool:
    """Return whether a user sees only a part of the installation."""
    return bool(_registered) and _registered[0].is_restricted(user)


def open_permissions() -> frozenset[str]:
    """Return the permissions that a restricted user may have at all."""
    return _registered[0].permissions()


def visible(rows: Rows, user: Any) -> Rows:
    """Return those of the rows that a user may see: all of them, unless they are restricted."""
    return _registered[0].rows(rows, user) if is_restricted(user) else rows


def may_open(user: Any, page: str) -> bool:
    """Return whether a page is open to a user, by the name of its address."""
    return not is_restricted(user) or _registered[0].opens(page)


@contextmanager
def seeing_as(user: Any) -> Iterator[None]:
    """Let the managers of tables give only the rows that a user may see; None: all rows."""
    token = _seeing.set(_Seeing(user) if user is not None else None)
    try:
        yield
    finally:
        _seeing.reset(token)


def seeing() -> Any:
    """Return the user for whose part rows are read; None: all rows are given."""
    found = _seeing.get()
    return found.user if found is not None and not found.is_whole else None


def asking() -> Any:
    """Return the user who is served, also while all rows are given; None in a task and a tick."""
    found = _seeing.get()
    return found.user if found is not None else None


@contextmanager
def whole_tables() -> Iterator[None]:
    """Let the managers give all rows, for a service whose result must not depend on who asks.

    What such a service does starts from a row that was found: a campaign is planned with the same
    limits whoever starts it. What it writes is checked at the end nevertheless. Whatever it shows
    must be about that row alone.
    """
    found = _seeing.get()
    if found is None:
        yield
        return
    was_whole, found.is_whole = found.is_whole, True
    try:
        yield
    finally:
        found.is_whole = was_whole


def note_written(row: Model) -> None:
    """Note that a row is written, so that it is checked at the end: it must not reach beyond."""
    found = _seeing.get()
    if found is not None:
        found.written[type(row), row.pk] = None


def refuse_beyond() -> None:
    """Refuse what was written, if a row of it reaches beyond the part that its user sees.

    Raises:
        Refusal: there is such a row; the caller rolls the transaction back.
    """
    found = _seeing.get()
    if found is not None and found.written and is_restricted(found.user):
        _registered[0].refuse_beyond(tuple(found.written), found.user)


def pieces_seen_as(user: Any, pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces of a stream, each made with the rows that a user may see."""
    iterator = iter(pieces)
    while True:
        with seeing_as(user):
            try:
                piece = next(iterator)
            except StopIteration:
                return
        yield piece
