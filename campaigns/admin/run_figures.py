"""What the live part of a campaign's page shows, from the kept figures alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from campaigns.admin.codes import CODE_COLOURS, code_meaning
from campaigns.admin.delivery import DELIVERY_COLOURS, deliveries_address, reason_in_words
from campaigns.models import Campaign, Run
from campaigns.states import ACTIVE_RUN_STATES, DeliveryState

#: The order in which states stand in the bar and in the table.
SHOWN_STATES = [
    DeliveryState.SENT,
    DeliveryState.SENDING,
    DeliveryState.PENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.FAILED,
    DeliveryState.SKIPPED,
    DeliveryState.CANCELLED,
]


@dataclass(frozen=True)
class Line:
    """One figure: what it counts, how many, how much of the whole, and the rows behind it."""

    key: str
    words: Any
    n: int
    percent: float
    address: str
    colour: str = ""


def live_context(campaign: Campaign, run: Run | None) -> dict[str, Any]:
    """Return the figures of a run for the template: one query, whatever the run's size."""
    if run is None:
        return {"campaign": campaign, "run": None, "is_live": False}
    kinds: dict[str, dict[str, int]] = {}
    for kind, key, n in run.tallies.all().summed():
        kinds.setdefault(kind, {})[key] = n
    targeted = sum(kinds.get("targeted", {}).values())
    states = kinds.get("state", {})
    waiting = states.get("pending", 0) + states.get("sending", 0)
    return {
        "campaign": campaign,
        "run": run,
        "is_live": run.state in ACTIVE_RUN_STATES,
        "targeted": targeted,
        "done": targeted - waiting,
        "percent": 100 * (targeted - waiting) / targeted if targeted else 0,
        "states": _states(run, states, targeted),
        "codes": _codes(run, kinds.get("res", {})),
        "reasons": _reasons(run, kinds.get("reason", {})),
        "merged": sum(kinds.get("merged", {}).values()),
    }


def _states(run: Run, states: dict[str, int], targeted: int) -> list[Line]:
    return [
        Line(
            key=state,
            words=DeliveryState(state).label,
            n=states.get(state, 0),
            percent=100 * states.get(state, 0) / targeted if targeted else 0,
            address=deliveries_address(run__id__exact=run.pk, state__exact=str(state)),
            colour=DELIVERY_COLOURS[state],
        )
        for state in SHOWN_STATES
    ]


def _codes(run: Run, codes: dict[str, int]) -> list[Line]:
    whole = sum(codes.values())
    return [
        Line(
            key=code,
            words=code_meaning(code),
            n=n,
            percent=100 * n / whole if whole else 0,
            address=deliveries_address(run__id__exact=run.pk, last_res=code),
            colour=CODE_COLOURS.get(code, "danger"),
        )
        for code, n in sorted(codes.items(), key=lambda item: -item[1])
        if n
    ]


def _reasons(run: Run, reasons: dict[str, int]) -> list[Line]:
    lines = []
    for key, n in sorted(reasons.items(), key=lambda item: -item[1]):
        state, _, reason = key.partition(":")
        if n and reason:
            lines.append(
                Line(
                    key=key,
                    words=reason_in_words(reason),
                    n=n,
                    percent=0,
                    address=deliveries_address(
                        run__id__exact=run.pk, state__exact=state, reason=reason
                    ),
                    colour=DELIVERY_COLOURS.get(state, ""),  # type: ignore[call-overload]
                )
            )
    return lines
