"""Compares the deliveries that the system recorded with the messages that arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qqhttp.simulator import DeliveredMessage
from qqhttp.simulator.control_client import Figures
from tests.black_box.history import MessageRequest, Outcome, Rules, check_history


@dataclass
class Verdict:
    """The result of a torture. In a correct system every violation is 0 or empty."""

    deliveries: int = 0
    sent: int = 0
    arrived: int = 0
    lost: int = 0  # recorded as sent, and did not arrive
    not_sent: int = 0  # due, and without a delivery
    twice: int = 0  # arrivals beyond the first
    wrong_text: int = 0  # arrivals that were not due
    unknown: int = 0
    failed: int = 0
    open: int = 0
    too_soon: int = 0
    seq_shared: int = 0  # a SEQ used for another message
    to_strangers: int = 0
    late_repeats: int = 0  # delivered under a SEQ that the gateway had forgotten
    unreported: int = 0  # arrived, and recorded neither as sent nor as unknown
    wrong_figures: list[str] = field(default_factory=list)
    wrong_states: list[str] = field(default_factory=list)
    attempts: int = 0
    replays: int = 0

    @property
    def violations(self) -> list[str]:
        """All violations, in words."""
        counted = {
            name: getattr(self, name)
            for name in (
                *("lost", "not_sent", "twice", "wrong_text", "unknown", "failed", "open"),
                *("too_soon", "seq_shared", "to_strangers", "late_repeats", "unreported"),
            )
        }
        return [
            *(f"{name}: {count}" for name, count in counted.items() if count),
            *self.wrong_figures,
            *self.wrong_states,
        ]


def compare(
    *,
    final_state: Mapping[str, Any],
    people: Mapping[int, str],
    texts: Mapping[str, str],
    messages: Sequence[DeliveredMessage],
    figures: Figures,
    strangers: int,
    suppressed: int,
) -> Verdict:
    """Compare the system's records with what arrived.

    Args:
        final_state: the answer of `django_commands.final_state`.
        people: the people who must get every text, with their names.
        texts: the campaigns' texts by campaign name; `{{ name }}` stands for a person's name.
        messages: those that arrived.
        figures: the gateway's.
        strangers, suppressed: how many people of each run must be skipped.
    """
    due = {
        (name, uin): text.replace("{{ name }}", person)
        for name, text in texts.items()
        for uin, person in people.items()
    }
    history = check_history(_message_requests(messages), rules=Rules())
    arrivals = Counter((message.un, message.text or "") for message in messages)
    expected = {(uin, text) for (_name, uin), text in due.items()}
    result = Verdict(
        arrived=sum(arrivals.values()),
        twice=sum(count - 1 for count in arrivals.values()),
        wrong_text=sum(count for key, count in arrivals.items() if key not in expected),
        too_soon=figures.too_soon,
        seq_shared=figures.repeats_of_other,
        to_strangers=figures.to_strangers,
        late_repeats=len(history.late_repeats),
        wrong_figures=list(final_state["wrong_figures"]),
        attempts=final_state["attempts"],
        replays=final_state["replays"],
    )
    skipped: Counter[tuple[str, str]] = Counter()
    seen = set()
    for name, uin, state, reason, _last_res, _attempts in final_state["deliveries"]:
        result.deliveries += 1
        if state == "skipped":
            skipped[name, reason] += 1
            continue
        seen.add((name, uin))
        has_arrived = (uin, due.get((name, uin), "")) in arrivals
        result.sent += state == "sent"
        result.lost += state == "sent" and not has_arrived
        result.unreported += has_arrived and state not in ("sent", "unknown")
        result.unknown += state == "unknown"
        result.failed += state == "failed"
        result.open += state in ("pending", "sending")
    result.not_sent = len(due.keys() - seen)
    for name in texts:
        _expect_finished(result, name, final_state["runs"].get(name, ["missing", ""]), skipped)
        if (skipped[name, "not_a_friend"], skipped[name, "suppressed"]) != (strangers, suppressed):
            result.wrong_states.append(f"{name}: skipped are {dict(skipped)}")
    return result


def _message_requests(messages: Sequence[DeliveredMessage]) -> list[MessageRequest]:
    """Return the simulator's record of delivered messages as a history."""
    return [
        MessageRequest(
            one.at, one.uin, one.seq, one.un, (one.text or "").encode(), Outcome.DELIVERED
        )
        for one in messages
    ]


def _expect_finished(result: Verdict, name: str, run: Sequence[str], skipped: object) -> None:
    state, detail = run
    if state != "finished":
        result.wrong_states.append(f"{name} is {state}: {detail}")
