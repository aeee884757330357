"""A run's figures, from its tallies: a few dozen rows, however many deliveries (rule 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from clocks import shared
from retention.models import Removed, removals_of
from sending.models import Attempt, Delivery, Run, Tally, TallyKind
from sending.runs.latest_attempts import latest_attempts
from sending.runs.windows import QuietSpan, forecast, sending_times
from sending.states import (
    ABOUT_THE_REQUEST,
    EXCEPTIONAL_DELIVERY_STATES,
    OPEN_DELIVERY_STATES,
    DeliveryState,
    RunState,
)

#: The rate is measured over this time, or since the run was started or resumed if that is less.
RATE_SECONDS = 60.0
#: The number of newest attempts examined for the rate; they are found by primary key alone. If more
#: are made in RATE_SECONDS, the rate is measured over a shorter time.
RATE_ATTEMPTS = 2_000
_CANCELLED_WITH_REASON = Q(state=DeliveryState.CANCELLED) & ~Q(reason="")


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a run.

    Attributes:
        state: the run's state.
        targeted: deliveries planned; always the sum of the next seven.
        res: the number of results by code: RES numbers, NULL, timeout and so on. A delivery with
            three requests has three results.
        reasons: by state and reason, for the states that have one: the number of deliveries.
        merged: people who are in several of the lists and were counted once.
        rate_per_second: messages answered per second, lately; 0 if the run is not running.
        eta: when the run would end at that rate, or None if that is unknown.
    """

    state: str
    targeted: int = 0
    pending: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0
    skipped: int = 0
    cancelled: int = 0
    unknown: int = 0
    res: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, dict[str, int]] = field(default_factory=dict)
    merged: int = 0
    rate_per_second: float = 0.0
    eta: datetime | None = None

    @property
    def open(self) -> int:
        """The number of deliveries that have not ended."""
        return self.pending + self.sending

    @property
    def ended(self) -> int:
        """The number of deliveries that have ended, in whatever state."""
        return self.targeted - self.open


def figures_of(*, run: Run, newest: NewestAttempts | None = None) -> Figures:
    """Return the figures of a run, by two cheap queries, whatever its size.

    Args:
        run: the run.
        newest: what `newest_attempts` returned, for many runs or (empty) for figures without a
            rate; None: they are read.
    """
    states: Counter[str] = Counter()
    res: dict[str, int] = {}
    reasons: dict[str, dict[str, int]] = {}
    targeted = merged = 0
    for kind, key, n in Tally.objects.filter(run=run).summed():
        if kind == TallyKind.TARGETED:
            targeted += n
        elif kind == TallyKind.MERGED:
            merged += n
        elif kind == TallyKind.STATE:
            states[key] = n
        elif kind == TallyKind.RES and n:
            res[key] = n
        elif kind == TallyKind.REASON and n:
            state, _colon, reason = key.partition(":")
            reasons.setdefault(state, {})[reason] = n
    if newest is None:
        newest = newest_attempts() if run.state == RunState.RUNNING else []
    rate = _rate_per_second(run, newest)
    return Figures(
        state=run.state,
        targeted=targeted,
        res=res,
        reasons=reasons,
        merged=merged,
        rate_per_second=rate,
        eta=_eta(run, left=sum(states[state] for state in OPEN_DELIVERY_STATES), rate=rate),
        **{state.value: states[state] for state in DeliveryState},
    )


def check_figures(*, run: Run) -> list[str]:
    """Count a run's rows and return every difference from its figures, in words.

    It reads every delivery and attempt of the run, so it is for checks and tests, not for a page.
    An attempt's row keeps only its last result, while the figures count all. So for codes after
    which a request may be repeated (NULL, a timeout, RES=3 to a repeat) the figure may be higher
    than the number of rows. For any other code both must be equal. Rows that were removed because
    of their age are not compared.
    """
    removed = removals_of(run.pk)
    if Removed.DELIVERIES in removed:
        return []  # the figures are all that is left
    kept = figures_of(run=run)
    deliveries = Delivery.objects.filter(run=run)
    states = _counted(deliveries.values_list("state").annotate(n=Count("pk")).order_by())
    wrong = [
        _differs(_("deliveries that are %(state)s") % {"state": state}, getattr(kept, state), n)
        for state, n in ((state.value, states[state.value]) for state in DeliveryState)
        if getattr(kept, state) != n
    ]
    if kept.targeted != sum(states.values()):
        wrong.append(_differs(_("deliveries"), kept.targeted, sum(states.values())))
    wrong += _check_reasons(kept, run)
    if Removed.ATTEMPTS not in removed:
        wrong += _check_results(kept, run)
    return wrong


def _check_reasons(kept: Figures, run: Run) -> list[str]:
    rows = (
        Delivery.objects.filter(run=run)
        .filter(Q(state__in=EXCEPTIONAL_DELIVERY_STATES) | _CANCELLED_WITH_REASON)
        .values_list("state", "reason")
        .annotate(n=Count("pk"))
        .order_by()
    )
    counted = {(state, reason): n for state, reason, n in rows}
    stored = {
        (state, reason): n for state, by_reason in kept.reasons.items()
        for reason, n in by_reason.items()
    }  # fmt: skip
    return [
        _differs(
            f"{state}:{reason}", stored.get((state, reason), 0), counted.get((state, reason), 0)
        )
        for state, reason in sorted({*counted, *stored})
        if stored.get((state, reason), 0) != counted.get((state, reason), 0)
    ]


def _check_results(kept: Figures, run: Run) -> list[str]:
    rows = _counted(
        Attempt.objects.filter(delivery__run=run)
        .exclude(res="")
        .values_list("res")
        .annotate(n=Count("pk"))
        .order_by()
    )
    wrong = []
    for res in sorted({*rows, *kept.res}):
        stored, counted = kept.res.get(res, 0), rows[res]
        ends_attempt = res.isdigit() and res not in ABOUT_THE_REQUEST
        if stored < counted or (ends_attempt and stored != counted):
            wrong.append(_differs(_("results %(res)s") % {"res": res}, stored, counted))
    return wrong


def _counted(rows: Iterable[tuple[str, int]]) -> Counter[str]:
    return Counter(dict(rows))


def _differs(what: str, kept: int, counted: int) -> str:
    return _("%(what)s: figure %(kept)s, rows %(counted)s") % {
        "what": what,
        "kept": kept,
        "counted": counted,
    }


NewestAttempts: TypeAlias = list[tuple[datetime, datetime | None, int]]


def newest_attempts() -> NewestAttempts:
    """Return (marked at, finished at, run id) of the newest attempts of all runs, cheaply."""
    newest = latest_attempts().values_list("marked_at", "finished_at", "run_id")
    return list(newest[:RATE_ATTEMPTS])


def eta_of(
    *, run: Run, left: int, newest: NewestAttempts, quiet: tuple[QuietSpan, ...]
) -> datetime | None:
    """Return when a run would end at its present rate, or None if that is unknown.

    Args:
        run: the run.
        left: the number of its open deliveries.
        newest: the result of `newest_attempts`, which serves many runs.
        quiet: the result of `load_quiet_hours`, likewise.
    """
    return _eta(run, left=left, rate=_rate_per_second(run, newest), quiet=quiet)


def _rate_per_second(run: Run, newest: NewestAttempts) -> float:
    if run.state != RunState.RUNNING:
        return 0.0
    now = shared.now()
    began = shared.from_wall(run.state_changed_at)
    since = max(now - timedelta(seconds=RATE_SECONDS), began)
    if len(newest) == RATE_ATTEMPTS:
        since = max(since, newest[-1][0])
    answered = sum(
        1
        for _marked_at, finished_at, run_id in newest
        if run_id == run.pk and finished_at is not None and finished_at >= since
    )
    return round(answered / max((now - since).total_seconds(), 1.0), 2)


def _eta(
    run: Run, *, left: int, rate: float, quiet: tuple[QuietSpan, ...] | None = None
) -> datetime | None:
    if run.per_minute is not None:
        rate = min(rate, run.per_minute / 60)  # it may have been lowered just now
    if run.state != RunState.RUNNING or not left or not rate:
        return None
    return forecast(now=shared.wall(), seconds=left / rate, times=sending_times(run, quiet=quiet))
