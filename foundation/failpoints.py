"""Failpoints: named places at which a test kills the process, to show that nothing is lost.

QQCAMPAIGN_FAILPOINTS="after_mark=0.01,in_commit=0.002" kills the process with SIGKILL at these
places with these probabilities. It is set only in tests; unset, a failpoint costs one dictionary
lookup.
"""

from __future__ import annotations

import os
import random
import signal
import threading

#: All failpoints, in the order a message passes them.
NAMES = (
    "after_webhook",
    "in_planning",  # between two chunks
    "in_chunk",  # before its commit
    "in_late_comers",  # after a range of them
    "in_rehearsal",
    "in_sequence",
    "after_choice",  # a variant was chosen, and the rest has no text yet
    "in_choice",  # after a chunk of the rest
    "before_rest_wakes",
    "after_leases",  # taken for lanes that open, and none has begun
    "after_login",  # the gateway accepted it, and no session is stored
    "after_claim",
    "after_mark",
    "after_request_left",
    "after_reply",
    "in_commit",  # of the ledger
    "after_commit",  # the process that writes the ledger dies before it answers, and it alone
    "in_hand_over",
    "after_task_mark",  # a task's request may leave
    "after_task_reply",  # its answer is not stored yet
    "before_stored_answer",  # a request with a key was carried out, in its transaction
    "after_stored_answer",  # it is committed, and the answer is not sent
    "after_report_mail",  # the mail server took it, and that is not recorded yet
    "after_notification",  # it left, and that is not recorded yet
    "in_removal",  # some rows of an old run were removed, before the commit
    "after_removal",  # a step of it is committed
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
#: The parent of this process, if it is to die first.
_parent: int | None = None
_SIGNAL = signal.Signals[os.environ.get("QQCAMPAIGN_FAILPOINT_SIGNAL", "SIGKILL")]


def failpoint(name: str) -> None:
    """Kill this process now, with the probability that the environment gives `name`."""
    if _is_drawn(name):
        _die(name)


def failpoint_soon(name: str, *, within: float) -> None:
    """Kill this process at a random moment within so many seconds, with `name`'s probability.

    It is for the time between a request and its reply, in which none of this project's code runs.
    """
    if _is_drawn(name):
        timer = threading.Timer(
            random.uniform(0, within),  # noqa: S311
            _die,
            (name,),
        )
        timer.daemon = True
        timer.start()


def die_with_parent() -> None:
    """Have this process's parent die first wherever this one does, but at "after_commit"."""
    global _parent
    _parent = os.getppid()


def _is_drawn(name: str) -> bool:
    chance = _CHANCES.get(name)
    return chance is not None and random.random() < chance  # noqa: S311 - not for security


def _die(name: str) -> None:
    """Write the failpoint's name to the log, and kill this process.

    QQCAMPAIGN_FAILPOINT_SIGNAL=SIGSTOP stops it instead, until it gets SIGCONT. It stops once:
    marks that were committed together pass a failpoint together, and a second stop right after
    the first would be taken for a process that did not continue.
    """
    os.write(2, f"failpoint {name}\n".encode())
    # If the parent is gone, another process has its place: the first one of the machine, perhaps.
    if _parent is not None and _parent == os.getppid() != 1 and name != "after_commit":
        os.kill(_parent, _SIGNAL)
    os.kill(os.getpid(), _SIGNAL)
    _CHANCES.clear()
