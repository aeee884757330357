"""Whether a large run has no delivery of a kind, by its kept figures."""

from __future__ import annotations

from sending.models import Run, Tally
from sending.models.tally import TallyKind
from sending.states import OPEN_DELIVERY_STATES

#: Deliveries up to which a run is read instead: it takes less than a glance.
READ_UP_TO = 50_000


def is_large(run_id: int) -> bool:
    """Return whether a run has so many deliveries that reading all of them is felt."""
    kept = Tally.objects.filter(run=run_id, kind=TallyKind.TARGETED)
    targeted: int = sum(kept.values_list("n", flat=True))
    return targeted > READ_UP_TO


def has_none(run: Run | int, *, state: str = "", reason: str = "", res: str = "") -> bool:
    """Return whether none of a run's deliveries has the state, or the reason, or the last code.

    What nobody has is looked for in all of the run, so its figures are asked first: they are kept
    in the same transactions as the deliveries. Of a reason they count deliveries that have ended;
    one that is to be sent again may have one, too, and so open deliveries leave it undecided.
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
