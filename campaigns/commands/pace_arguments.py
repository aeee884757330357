"""The arguments of `campaign create` and `campaign pace` about the rate and the priority."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from campaigns.creation.pace import Pace

#: The argument for no rate of its own.
NO_RATE = "none"


def add_pace_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments to a parser."""
    parser.add_argument(
        "--per-minute",
        type=_rate,
        metavar="N",
        help="at most so many messages a minute over all accounts; none: no rate of its own",
    )
    parser.add_argument(
        "--priority",
        type=int,
        metavar="N",
        help="1 to 9: its weight among campaigns that share accounts; 9 goes before all others",
    )


def pace_from(options: Mapping[str, Any], *, before: Pace) -> Pace:
    """Return the pace in the arguments, with values of `before` where an argument is missing."""
    per_minute, priority = options["per_minute"], options["priority"]
    if per_minute is None:
        per_minute = before.per_minute
    elif per_minute == NO_RATE:
        per_minute = None
    return Pace(per_minute, before.priority if priority is None else priority)


def pace_data(pace: Pace) -> dict[str, Any]:
    """Return a pace for JSON. The keys are a public interface."""
    return {"per_minute": pace.per_minute, "priority": pace.priority}


def _rate(text: str) -> int | str:
    if text == NO_RATE:
        return text
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"a number a minute, or none, not {text[:20]!r}")
    return int(text[:20])
