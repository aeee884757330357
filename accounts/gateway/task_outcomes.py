"""The outcome of one request of a background task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _nothing() -> None:
    """Store nothing."""


@dataclass(frozen=True, slots=True)
class Done:
    """A background task is done.

    Attributes:
        sentence: the outcome, for the operator.
        store: stores what came of it, in the transaction that closes the task. It may raise
            `TaskPostponed`: then nothing is stored, and the task stays open.
    """

    sentence: str
    store: Callable[[], None] = _nothing


@dataclass(frozen=True, slots=True)
class Failed:
    """A background task has failed, and is not tried again; see `Done`."""

    sentence: str
    store: Callable[[], None] = _nothing


@dataclass(frozen=True, slots=True)
class Continued:
    """A background task has more requests to make.

    Attributes:
        store: stores what came of this one.
    """

    store: Callable[[], None] = _nothing


Outcome = Done | Failed | Continued
