"""The judge of a run: everything a gateway has seen of every message, against what must hold.

`check_history` is pure: it knows a list of departures, the rules of the game and what the product
says of itself, and nothing of the code it judges. Times are the gateway's own monotonic clock.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Any

#: What a limit's windows may differ by: Redis counts milliseconds.
TOLERANCE = 0.01
#: How many examples a sentence names.
EXAMPLES = 3


class Outcome(StrEnum):
    """What a gateway did with one request for a message."""

    DELIVERED = "delivered"
    DROPPED = "dropped"  # it knew the SEQ
    REFUSED = "refused"  # and said so
    UNPROCESSED = "nothing"  # something went wrong before it looked


@dataclass(slots=True)
class MessageRequest:
    """One request for a message, as it arrived; what became of it is filled in.

    Attributes:
        at: when it was there in full.
        account, seq, to, text: who says what to whom, under which number.
        fate: what was done with it.
        said: what was answered: "RES=0", "NULL", the name of a mishap.
        replied_at: when the answer, or a reset, began to leave; None: nothing did.
    """

    at: float
    account: int
    seq: str
    to: int
    text: bytes
    outcome: Outcome = Outcome.UNPROCESSED
    answer: str = ""
    replied_at: float | None = None


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What the product says of one delivery: a row of `campaign report`."""

    uin: int
    account: int
    seq: str
    state: str
    text: bytes


@dataclass(frozen=True)
class Rules:
    """What must hold besides "once and once only".

    Attributes:
        window: how long the gateway remembers a SEQ, seconds.
        gaps: account -> seconds from a reply to the next request.
        limits: account -> (seconds, messages) pairs that no window may exceed.
        pauses: the least seconds before the first repeat, the second, and so on; the last one
            holds for all that follow. Empty: not judged.
    """

    window: float = 600.0
    gaps: Mapping[int, float] = field(default_factory=dict)
    limits: Mapping[int, tuple[tuple[float, int], ...]] = field(default_factory=dict)
    pauses: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class SeqHistory:
    """All requests under one SEQ of one account.

    Attributes:
        first, last: when the first and the last of them arrived.
        delivered: how often the message went out.
    """

    account: int
    seq: str
    first: float
    last: float
    requests: int
    delivered: int

    @property
    def age(self) -> float:
        """Seconds from the first request to the last."""
        return self.last - self.first


@dataclass
class Findings:
    """What does not hold: each a list of examples in words, empty in a sound system."""

    late_repeats: list[str] = field(default_factory=list)
    other_text: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    too_soon: list[str] = field(default_factory=list)
    over_limit: list[str] = field(default_factory=list)
    too_dense: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    unreported: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def violations(self) -> list[str]:
        """Each kind of fault with its number and its first examples."""
        return [
            f"{name.replace('_', ' ')}: {len(found)} ({'; '.join(found[:EXAMPLES])})"
            for name, found in vars(self).items()
            if found
        ]


def check_history(
    history: Iterable[MessageRequest], *, rules: Rules, report: Sequence[ReportRow] | None = None
) -> Findings:
    """Return what does not hold in a gateway's history.

    Args:
        history: every request for a message, in any order.
        rules: what must hold.
        told: the product's own account of it, of all runs; None: it was not asked.
    """
    ordered = sorted(history, key=lambda one: one.at)
    by_seq, by_account = _grouped(ordered)
    findings = Findings()
    for (account, seq), requests in by_seq.items():
        _check_seq(findings, f"{account} SEQ {seq}", requests, rules)
    for account, requests in by_account.items():
        _check_pace(findings, account, requests, rules)
    _check_deliveries(findings, ordered, report)
    return findings


def seq_histories(history: Iterable[MessageRequest]) -> list[SeqHistory]:
    """Return the story of each SEQ, in the order of their first requests."""
    by_seq, _by_account = _grouped(sorted(history, key=lambda one: one.at))
    return [
        SeqHistory(
            account,
            seq,
            requests[0].at,
            requests[-1].at,
            len(requests),
            sum(one.outcome == Outcome.DELIVERED for one in requests),
        )
        for (account, seq), requests in by_seq.items()
    ]


def report_rows(rows: Iterable[Mapping[str, Any]]) -> list[ReportRow]:
    """Return a report's rows (csv or json) as what was told."""
    return [
        ReportRow(
            uin=int(row["uin"]),
            account=int(row["account"] or 0),
            seq=str(row["seq"] or ""),
            state=row["state"],
            text=(row["text"] or "").encode(),
        )
        for row in rows
    ]


def most_within(times: Sequence[float], seconds: float) -> int:
    """Return how many of these sorted times lie within the fullest window of that length."""
    most = first = 0
    for number, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        most = max(most, number - first + 1)
    return most


Groups = dict[Any, list[MessageRequest]]


def _grouped(ordered: Sequence[MessageRequest]) -> tuple[Groups, Groups]:
    by_seq: Groups = defaultdict(list)
    by_account: Groups = defaultdict(list)
    for one in ordered:
        by_seq[one.account, one.seq].append(one)
        by_account[one.account].append(one)
    return by_seq, by_account


def _check_seq(
    findings: Findings, name: str, requests: Sequence[MessageRequest], rules: Rules
) -> None:
    first = requests[0]
    if any((one.to, one.text) != (first.to, first.text) for one in requests):
        findings.other_text.append(name)
    late = [one.at - first.at for one in requests if one.at - first.at > rules.window]
    if late:
        findings.late_repeats.append(f"{name}: {late[0]:.1f} s after the first")
    if not rules.pauses:
        return
    for number, (before, after) in enumerate(pairwise(requests)):
        least = rules.pauses[min(number, len(rules.pauses) - 1)]
        # From the reply: a silence lasts as long as the client waits, so that one is not shorter.
        waited = after.at - (before.at if before.replied_at is None else before.replied_at)
        if waited < least - TOLERANCE:
            findings.too_dense.append(f"{name}: repeat {number + 1} after {waited:.2f} s")


def _check_pace(
    findings: Findings, account: int, requests: Sequence[MessageRequest], rules: Rules
) -> None:
    least = rules.gaps.get(account, 0.0)
    for before, after in pairwise(requests):
        gap = after.at - (before.at if before.replied_at is None else before.replied_at)
        if gap < least:
            findings.too_soon.append(f"{account}: {gap:.3f} s")
    went_out = [one.at for one in requests if one.outcome == Outcome.DELIVERED]
    for seconds, limit in rules.limits.get(account, ()):
        most = most_within(went_out, seconds - TOLERANCE)
        if most > limit:
            findings.over_limit.append(f"{account}: {most} within {seconds:g} s, not {limit}")


def _check_deliveries(
    findings: Findings, ordered: Sequence[MessageRequest], report: Sequence[ReportRow] | None
) -> None:
    arrived = Counter((one.to, one.text) for one in ordered if one.outcome == Outcome.DELIVERED)
    findings.twice = [f"{to}: {n} times" for (to, _text), n in arrived.items() if n > 1]
    if report is None:
        return
    reported_sent = Counter((row.uin, row.text) for row in report if row.state == "sent")
    findings.lost = [f"{uin}" for uin, text in reported_sent if (uin, text) not in arrived]
    states = {(row.uin, row.text): row.state for row in report}
    findings.unknown = [
        f"{row.uin}, which {'arrived' if (row.uin, row.text) in arrived else 'did not arrive'}"
        for row in report
        if row.state == "unknown"
    ]
    findings.unreported = [
        f"{key[0]}, called {states.get(key, 'nothing at all')}"
        for key in arrived
        if key not in reported_sent and states.get(key) != "unknown"
    ]
