"""The figures of the runs of a period: of each run, by account, and why messages were not sent.

Without a choice of accounts they are read from tallies and replies, so they cost as much for ten
million deliveries as for a thousand. Those of chosen accounts come from `accounts_of_runs`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, Sum

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.reports.accounts_of_runs import ByAccount, Counted, RunByAccount, accounts_of_runs
from campaigns.reports.reply_figures import reply_rate
from retention.models import Removal, Removed
from sending.models import OptDirection, Reply, Tally, TallyKind
from sending.states import DeliveryState

#: A run with its figures.
Pair = tuple[CampaignRun, "PeriodFigures"]
#: Replies that opted their person out.
_OPT_OUTS = Q(message__opt_out__direction=OptDirection.OUT, message__opt_out__took_effect=True)


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """The figures of a run, a label or the whole period.

    Attributes:
        states: the number of deliveries by state.
        replied: how many people replied.
        opted_out: how many of them wrote a word to opt out.
    """

    states: Counter[str] = field(default_factory=Counter)
    replied: int = 0
    opted_out: int = 0

    def __add__(self, other: PeriodFigures) -> PeriodFigures:
        return PeriodFigures(
            self.states + other.states,
            self.replied + other.replied,
            self.opted_out + other.opted_out,
        )

    @property
    def targeted(self) -> int:
        """The number of all deliveries."""
        return self.states.total()

    @property
    def sent(self) -> int:
        """The number of people who got the message."""
        return self.states[DeliveryState.SENT]

    @property
    def reply_rate(self) -> float | None:
        """The share of those who got the message that replied; None if nobody got it."""
        return reply_rate(replied=self.replied, sent=self.sent)

    def as_data(self) -> dict[str, Any]:
        """Return the figures for JSON. The keys are a public interface."""
        return {
            "targeted": self.targeted,
            **{state.value: self.states[state] for state in DeliveryState},
            "replied": self.replied,
            "reply_rate": self.reply_rate,
            "opted_out": self.opted_out,
        }


@dataclass(frozen=True, slots=True)
class RunsFigures:
    """What became of some runs.

    Attributes:
        runs: the runs with their figures; with chosen accounts, only runs in which these have any.
        accounts: the figures by account, the one that sent most first.
        reasons: by state and reason, the number of deliveries that were not sent.
        left_out: runs whose figures by account are not counted yet.
    """

    runs: list[Pair]
    accounts: list[tuple[Account, PeriodFigures]]
    reasons: list[tuple[str, str, int]]
    left_out: int


def figures_of_runs(runs: list[CampaignRun], *, accounts: Iterable[Account] = ()) -> RunsFigures:
    """Return the figures of runs: some ten queries, however many runs.

    Args:
        runs: the runs.
        accounts: only what these accounts sent; none: all, and the people without an account.
    """
    chosen = {account.pk for account in accounts}
    states = _states(runs)
    counted = accounts_of_runs(states, with_reasons=bool(chosen))
    if not chosen:
        replied, opted_out = _replied(list(states)), _people(list(states), _OPT_OUTS)
        reasons = _reasons(runs)
        pairs = [
            (run, PeriodFigures(states[run.pk], replied[run.pk], opted_out[run.pk])) for run in runs
        ]
    else:
        of_them = Q(delivery__account__in=chosen)
        replied = _replied_to(list(states), accounts)
        opted_out = _people(list(states), _OPT_OUTS & of_them)
        parts = {key: _part(one, chosen) for key, one in counted.by_run.items()}
        reasons = _listed(_summed(one.reasons or {} for one in parts.values()))
        pairs = [
            (run, PeriodFigures(_summed([part.states]), replied[run.pk], opted_out[run.pk]))
            for run in runs
            if (part := parts.get(run.pk)) is not None and part.states
        ]
        counted = Counted(parts, counted.left_out)
    return RunsFigures(pairs, _by_account(list(states), counted), reasons, counted.left_out)


def _part(one: RunByAccount, chosen: set[int]) -> RunByAccount:
    """Return what the chosen accounts have of a run."""
    states: ByAccount = {pk: counts for pk, counts in one.states.items() if pk in chosen}
    reasons: ByAccount = {pk: counts for pk, counts in (one.reasons or {}).items() if pk in chosen}
    return RunByAccount(states, reasons)


def _summed(parts: Iterable[Any]) -> Counter[str]:
    """Return the sum of figures by account."""
    found: Counter[str] = Counter()
    for part in parts:
        for counts in part.values():
            found.update(counts)
    return found


def _states(runs: list[CampaignRun]) -> dict[int, Counter[str]]:
    states: dict[int, Counter[str]] = {run.pk: Counter() for run in runs}
    rows = (
        Tally.objects.filter(run__in=list(states), kind=TallyKind.STATE)
        .values_list("run", "key")
        .annotate(total=Sum("n"))
        .order_by()
    )
    for run, state, total in rows:
        states[run][state] += total
    return states


def _replied(keys: list[int]) -> Counter[int]:
    counted = _people(keys, Q())
    removals = Removal.objects.filter(run_id__in=keys, kind=Removed.DELIVERIES)
    for run, kept in removals.values_list("run_id", "figures"):
        counted[run] = int(kept.get("replied", counted[run]))
    return counted


def _people(keys: list[int], condition: Q) -> Counter[int]:
    """Return by run how many people who got the message replied."""
    rows = (
        Reply.objects.filter(condition, run__in=keys, delivery__state=DeliveryState.SENT)
        .order_by()
        .values_list("run")
        .annotate(n=Count("delivery", distinct=True))
    )
    return Counter(dict(rows))


def _replied_to(keys: list[int], accounts: Iterable[Account]) -> Counter[int]:
    """Return by run how many people replied to these accounts."""
    chosen = list(accounts)
    uins = {account.uin for account in chosen}
    counted = _people(keys, Q(delivery__account__in=chosen))
    removals = Removal.objects.filter(run_id__in=keys, kind=Removed.DELIVERIES)
    for run, kept in removals.values_list("run_id", "figures"):
        items = kept.get("account", {}).get("items", [])
        counted[run] = sum(one.get("replied", 0) for one in items if one["account"] in uins)
    return counted


def _by_account(keys: list[int], counted: Counted) -> list[tuple[Account, PeriodFigures]]:
    """Return the figures by account, the one that sent most first."""
    replied, opted_out = _people_by_account(keys, Q()), _people_by_account(keys, _OPT_OUTS)
    by_account = counted.by_account
    accounts = Account.objects.in_bulk([pk for pk in by_account if pk is not None])
    listed = [
        (accounts[pk], PeriodFigures(counts, replied[pk], opted_out[pk]))
        for pk, counts in by_account.items()
        if pk in accounts
    ]
    return sorted(listed, key=lambda one: (-one[1].sent, one[0].uin))


def _people_by_account(keys: list[int], condition: Q) -> Counter[int | None]:
    rows = (
        Reply.objects.filter(condition, run__in=keys, delivery__state=DeliveryState.SENT)
        .order_by()
        .values_list("delivery__account_id")
        .annotate(n=Count("delivery", distinct=True))
    )
    return Counter(dict(rows))


def _reasons(runs: list[CampaignRun]) -> list[tuple[str, str, int]]:
    rows = (
        Tally.objects.filter(run__in=[run.pk for run in runs], kind=TallyKind.REASON)
        .values_list("key")
        .annotate(total=Sum("n"))
        .order_by()
    )
    return _listed(Counter(dict(rows)))


def _listed(counted: Counter[str]) -> list[tuple[str, str, int]]:
    """Return figures by "state:reason" as a list, the most first."""
    found = []
    for key, total in counted.items():
        state, _colon, reason = key.partition(":")
        if total and state != DeliveryState.PENDING:
            found.append((state, reason, total))
    return sorted(found, key=lambda one: (-one[2], one[:2]))
