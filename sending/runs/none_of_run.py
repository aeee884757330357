"""Whether a large run has no delivery of a kind, by its kept figures."""

from __future__ import annotations

from sending.models import Run, Tally
from sending.models.tally import TallyKind
from sending.states import OPEN_DELIVERY_STATES

#: A run with no more deliveries is read instead, which takes some milliseconds.
READ_UP_TO = 50_000


def is_large(run_id: int) -> bool:
    """Return whether a run has so many deliveries that its figures should be asked first."""
    kept = Tally.objects.filter(run=run_id, kind=TallyKind.TARGETED)
    targeted: int = sum(kept.values_list("n", flat=True))
    return targeted > READ_UP_TO


def has_none(run: Run | int, *, state: str = "", reason: str = "", res: str = "") -> bool:
    """Return whether the figures prove that no delivery of a run passes the filters given.

    To find that nobody has a state or a code, the database would read the whole run. The figures
    are kept in the same transactions as the deliveries, so they know it. They count the reasons of
    ended deliveries only. An open one, which is to be sent again, may have a reason too, so while
    there are open ones a reason proves nothing.
    """
    kept = Tally.objects.filter(run=run).summed()
    figures = {(kind, key): n for kind, key, n in kept if n}
    if state and (TallyKind.STATE, state) not in figures:
        return True
    if res and (TallyKind.RES, res) not in figures:
        return True
    if not reason or any((TallyKind.STATE, one) in figures for one in OPEN_DELIVERY_STATES):
        return False
    return not any(
        kind == TallyKind.REASON and key.partition(":")[2] == reason for kind, key in figures
    )
