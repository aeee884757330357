"""Failpoints: named places where a test kills the process, to prove that nothing gets lost.

QQCAMPAIGN_FAILPOINTS="after_mark=0.01,in_commit=0.002" ends the process with SIGKILL at those
places with those probabilities. Unset, as always outside tests, a failpoint is one dictionary
look-up.
"""

from __future__ import annotations

import os
import random
import signal
import threading

#: Every place there is, in the order a message passes them.
NAMES = (
    "in_planning",  # between two chunks
    "in_chunk",  # before its commit
    "after_claim",
    "after_mark",
    "after_request_left",
    "after_reply",
    "in_commit",
    "in_hand_over",
)


def _parse(text: str) -> dict[str, float]:
    chances = {}
    for item in filter(None, text.split(",")):
        name, _, chance = item.partition("=")
        if name not in NAMES:
            raise ValueError(f"no such failpoint: {name} (there are {', '.join(NAMES)})")
        chances[name] = float(chance or 1)
    return chances


_CHANCES = _parse(os.environ.get("QQCAMPAIGN_FAILPOINTS", ""))
_SIGNAL = signal.Signals[os.environ.get("QQCAMPAIGN_FAILPOINT_SIGNAL", "SIGKILL")]


def failpoint(name: str) -> None:
    """End this process here and now, if a test said so."""
    chance = _CHANCES.get(name)
    if chance is not None and random.random() < chance:  # noqa: S311 - no secret hangs on it
        _die(name)


def failpoint_soon(name: str, *, within: float) -> None:
    """End this process within the given seconds from now, if a test said so.

    For the one place that no line of ours stands at: after a request left, before its reply.
    """
    chance = _CHANCES.get(name)
    if chance is not None and random.random() < chance:  # noqa: S311 - no secret hangs on it
        timer = threading.Timer(
            random.uniform(0, within),  # noqa: S311
            _die,
            (name,),
        )
        timer.daemon = True
        timer.start()


def _die(name: str) -> None:
    """End this process, and leave a line in its log that says where.

    QQCAMPAIGN_FAILPOINT_SIGNAL=SIGSTOP freezes it instead, until somebody lets it go on.
    """
    os.write(2, f"failpoint {name}\n".encode())
    os.kill(os.getpid(), _SIGNAL)
