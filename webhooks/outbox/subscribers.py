"""Which endpoints want an event, known to each process without asking the database every time."""

from __future__ import annotations

from dataclasses import dataclass

from clocks import local
from webhooks.models import Endpoint
from webhooks.states import COLLECTING_STATES

#: For so long a process takes what it knows for true, seconds. A new endpoint is told of what
#: happens in transactions that begin later than this after it was saved.
KNOWN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Subscriber:
    """An endpoint that wants events of some kinds."""

    endpoint_id: int
    kinds: frozenset[str]
    with_texts: bool


_known: tuple[float, tuple[Subscriber, ...]] = (float("-inf"), ())


def subscribers(kind: str) -> list[Subscriber]:
    """Return the endpoints that want events of a kind; empty costs nothing but a comparison."""
    return [one for one in _all() if kind in one.kinds]


def subscriber(endpoint_id: int) -> Subscriber | None:
    """Return an endpoint that collects events, whatever their kinds."""
    return next((one for one in _all() if one.endpoint_id == endpoint_id), None)


def forget_subscribers() -> None:
    """Ask the database again at the next event of this process."""
    global _known
    _known = (float("-inf"), ())


def _all() -> tuple[Subscriber, ...]:
    global _known
    now = local.elapsed()
    if now - _known[0] > KNOWN_SECONDS:
        rows = Endpoint.objects.filter(state__in=COLLECTING_STATES).order_by("pk")
        found = rows.values_list("pk", "events", "with_texts")
        # The time is that before the query: what is known is never newer than it says.
        _known = (now, tuple(Subscriber(pk, frozenset(kinds), texts) for pk, kinds, texts in found))
    return _known[1]


def has_endpoints() -> bool:
    """Return whether any endpoint collects events."""
    return bool(_all())
