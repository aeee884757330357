"""The arguments of `campaign preflight`, `start`, `approve` and `reject`."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def add_checks(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the actions that check, start and approve a campaign.

    Args:
        add: adds an action with its help, and returns its parser.
    """
    preflight = add("preflight", "rehearse it: show what a start would do, without doing it")
    how = preflight.add_mutually_exclusive_group()
    how.add_argument(
        "--in-background",
        action="store_true",
        help="let the jobs worker rehearse a large audience, and answer at once",
    )
    how.add_argument("--cancel", action="store_true", help="cancel the rehearsal under way")
    start = add("start", "start it now, or at its start time; it may wait for an approval")
    start.add_argument("--by", metavar="USER", help="the operator who starts it")
    for action, words in (
        ("approve", "approve what it asks for: its run starts, or its schedule"),
        ("reject", "send back what it asks for"),
    ):
        one = add(action, words)
        one.add_argument("--by", metavar="USER", required=True, help="the operator who decides")
        one.add_argument("--comment", default="", metavar="T", help="a comment that is kept")
