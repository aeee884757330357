"""Checks a gateway's history of message requests against the rules and the product's report.

`check_history` is a pure function and shares no code with the product. Times are those of the
gateway's monotonic clock, in seconds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Any

#: How much shorter a limit's window may be, seconds: Redis counts milliseconds.
TOLERANCE = 0.01
#: How many examples a violation's sentence names.
EXAMPLES = 3


class Outcome(StrEnum):
    """What a gateway did with one request for a message."""

    DELIVERED = "delivered"
    DROPPED = "dropped"  # a repeat of a known SEQ
    REFUSED = "refused"  # and answered so
    UNPROCESSED = "nothing"  # a fault came first


@dataclass(slots=True)
class MessageRequest:
    """One request for a message, as it arrived; its outcome is filled in later.

    Attributes:
        at: when it was complete.
        account, seq, to, text: the sender, the SEQ, the recipient and the text.
        outcome: what the gateway did with it.
        answer: what was answered: "RES=0", "NULL", a fault's name.
        replied_at: when the answer, or a reset, began to leave; None: it was silent.
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
    """One delivery in the product's own report: a row of `campaign report`."""

    uin: int
    account: int
    seq: str
    state: str
    text: bytes


@dataclass(frozen=True)
class Rules:
    """What must hold besides "each message exactly once".

    Attributes:
        window: how long the gateway remembers a SEQ, seconds.
        gaps: account -> seconds from a reply to the next request.
        limits: account -> (seconds, messages): no window of that length holds more.
        pauses: least seconds before the first repeat, the second, and so on; the last value
            holds for all later ones. Empty: not checked.
    """

    window: float = 600.0
    gaps: Mapping[int, float] = field(default_factory=dict)
    limits: Mapping[int, tuple[tuple[float, int], ...]] = field(default_factory=dict)
    pauses: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class SeqHistory:
    """All requests under one SEQ of one account.

    Attributes:
        first, last: when the first and the last request arrived.
        requests: how many there were.
        delivered: how often the message was delivered.
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
    """The violations by kind, each described in words. All lists are empty in a correct system."""

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
        """One sentence for each kind: its count and its first examples."""
        return [
            f"{name.replace('_', ' ')}: {len(found)} ({'; '.join(found[:EXAMPLES])})"
            for name, found in vars(self).items()
            if found
        ]


def check_history(
    history: Iterable[MessageRequest], *, rules: Rules, report: Sequence[ReportRow] | None = None
) -> Findings:
    """Return the violations in a gateway's history.

    Args:
        history: every request for a message, in any order.
        rules: what must hold.
        report: the product's report of all runs; None: it is not compared.
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
    """Return the history of each SEQ, in the order of their first requests."""
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
    """Return the rows of a report that was read from CSV or JSON."""
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
    """Return the largest number of these sorted times within a window of that length."""
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
        # Counted from the reply. Without one, from the request: the client waited even longer.
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
