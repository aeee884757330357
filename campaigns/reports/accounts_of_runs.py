"""The figures of many runs by account: those of ended runs are counted once and kept.

Tallies do not name accounts, so these figures are counted over the deliveries. What was counted is
kept with the run's figures of that moment. As long as these are the run's own, it holds; a retry,
or a decision about an unknown delivery, changes them, and the run is counted again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count, Sum

from accounts.models import Account
from campaigns.models import AccountsOfRun, CampaignRun
from clocks import local, shared
from retention.models import Removal, Removed
from sending.models import Delivery, Tally, TallyKind
from sending.states import ENDED_RUN_STATES, DeliveryState

#: Deliveries that a page counts on the spot, over all its runs.
COUNTED_AT_ONCE = 100_000
#: Runs that ended longer ago are not counted in the background: only a report asks for them.
LOOK_BACK = timedelta(days=400)
#: The background counts for so many seconds, and looks at so many runs at a time.
SECONDS, MOST = 20.0, 2_000

_STATES = tuple(state.value for state in DeliveryState)

#: By the key of the account, None for those without, the number of deliveries by state.
ByAccount = dict[int | None, Counter[str]]


@dataclass(frozen=True, slots=True)
class RunByAccount:
    """The deliveries of one run by account.

    Attributes:
        states: by the key of the account, the number of deliveries by state.
        reasons: by the key of the account, the number of deliveries by "state:reason"; None where
            they were kept before reasons were, and cannot be counted any more.
    """

    states: ByAccount = field(default_factory=dict)
    reasons: ByAccount | None = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of runs by account, and the number of runs that they leave out."""

    by_run: dict[int, RunByAccount] = field(default_factory=dict)
    left_out: int = 0

    @property
    def by_account(self) -> ByAccount:
        """The figures of all runs together."""
        summed: ByAccount = defaultdict(Counter)
        for part in self.by_run.values():
            for account, counts in part.states.items():
                summed[account].update(counts)
        return dict(summed)


def accounts_of_runs(states: Mapping[int, Counter[str]], *, with_reasons: bool = False) -> Counted:
    """Return the figures of runs by account.

    Runs whose kept figures hold cost nothing. Others are counted, the smallest first, up to
    COUNTED_AT_ONCE deliveries; the rest is left out.

    Args:
        states: by the key of the run, its deliveries by state, from its tallies.
        with_reasons: whether figures that were kept without reasons are counted again.
    """
    found = _kept(states, with_reasons=with_reasons)
    missing = sorted(
        (counts.total(), key) for key, counts in states.items() if key not in found and counts
    )
    left, chosen = COUNTED_AT_ONCE, []
    for n, key in missing:
        if n > left:
            break
        left -= n
        chosen.append(key)
    found.update(_count(chosen))
    return Counted(found, len(missing) - len(chosen))


def count_ended_runs(*, seconds: float = SECONDS) -> int:
    """Count ended runs whose figures are not kept or hold no more; return how many.

    Two processes may do it at once: the later one writes the same.
    """
    until = local.elapsed() + seconds
    since = shared.wall() - LOOK_BACK
    # Removed deliveries cannot be counted any more: what was kept before says all there is.
    ended = CampaignRun.objects.filter(state__in=ENDED_RUN_STATES, ended_at__gte=since)
    keys = list(ended.order_by("-ended_at").values_list("pk", flat=True)[:MOST])
    keys = sorted(set(keys) - _removed(keys))
    states = _states(keys)
    kept, done = _kept(states, with_reasons=True), 0
    for key, counts in states.items():
        if key in kept or not counts or local.elapsed() >= until:
            continue
        counted = _count([key]).get(key, RunByAccount())
        AccountsOfRun.objects.update_or_create(
            run_id=key,
            defaults={
                "states": _plain(counts),
                "accounts": _by_text(counted.states),
                "reasons": _by_text(counted.reasons or {}),
            },
        )
        done += 1
    return done


def _kept(states: Mapping[int, Counter[str]], *, with_reasons: bool) -> dict[int, RunByAccount]:
    """Return the kept figures that hold, by run."""
    found: dict[int, RunByAccount] = {}
    without: dict[int, RunByAccount] = {}
    for row in AccountsOfRun.objects.filter(run__in=list(states)):
        if row.states != _plain(states[row.run_id]):
            continue
        reasons = None if row.reasons is None else _by_key(row.reasons)
        kept = RunByAccount(_by_key(row.accounts), reasons)
        (without if with_reasons and reasons is None else found)[row.run_id] = kept
    removed = _of_removed([key for key in states if key not in found])
    found.update(removed)
    # The deliveries of these are gone: what was kept of them says all there is.
    found.update({key: one for key, one in without.items() if key in removed})
    return found


def _of_removed(keys: list[int]) -> dict[int, RunByAccount]:
    """Return the figures of runs whose deliveries were removed: stored before that, by UIN."""
    rows = dict(
        Removal.objects.filter(run_id__in=keys, kind=Removed.DELIVERIES).values_list(
            "run_id", "figures"
        )
    )
    items = {run: figures.get("account", {}).get("items", []) for run, figures in rows.items()}
    uins = {one["account"] for lines in items.values() for one in lines if one["account"]}
    pks = dict(Account.objects.filter(uin__in=uins).values_list("uin", "pk"))
    found: dict[int, RunByAccount] = {}
    for run, lines in items.items():
        own: ByAccount = defaultdict(Counter)
        for one in lines:
            counts = {state: one[state] for state in _STATES if one.get(state)}
            own[pks.get(one["account"])].update(counts)
        found[run] = RunByAccount(dict(own), None)
    return found


def _count(keys: Iterable[int]) -> dict[int, RunByAccount]:
    rows = (
        Delivery.objects.filter(run__in=list(keys))
        .order_by()
        .values_list("run_id", "account_id", "state", "reason")
        .annotate(n=Count("pk"))
    )
    found: dict[int, RunByAccount] = {}
    for run, account, state, reason, n in rows:
        one = found.setdefault(run, RunByAccount())
        one.states.setdefault(account, Counter())[state] += n
        if reason and one.reasons is not None:
            one.reasons.setdefault(account, Counter())[f"{state}:{reason}"] += n
    return found


def _by_text(counted: ByAccount) -> dict[str, dict[str, int]]:
    """Return figures as JSON keeps them: the key of the account as text, "" for none."""
    return {str(pk or ""): dict(counts) for pk, counts in counted.items()}


def _by_key(kept: Mapping[str, Mapping[str, int]]) -> ByAccount:
    return {int(pk) if pk else None: Counter(counts) for pk, counts in kept.items()}


def _states(keys: list[int]) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = {key: Counter() for key in keys}
    rows = (
        Tally.objects.filter(run__in=keys, kind=TallyKind.STATE)
        .values_list("run", "key")
        .annotate(total=Sum("n"))
        .order_by()
    )
    for run, state, n in rows:
        found[run][state] += n
    return found


def _removed(keys: list[int]) -> set[int]:
    rows = Removal.objects.filter(run_id__in=keys, kind=Removed.DELIVERIES)
    return set(rows.values_list("run_id", flat=True))


def _plain(counts: Counter[str]) -> dict[str, int]:
    return {str(state): n for state, n in sorted(counts.items()) if n}
