"""The figures of a run by account and the like, for a terminal."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.reports.figures_by import BREAKDOWNS
from foundation.terminal_tables import table


def add_figures_arguments(figures: argparse.ArgumentParser) -> None:
    """Add the arguments to the parser of `campaign figures`."""
    figures.add_argument("--by", choices=list(BREAKDOWNS), default=next(iter(BREAKDOWNS)))


def figures_text(data: Mapping[str, Any]) -> str:
    """Return what `figures_by` found, as a table of the keys of its items."""
    items: Sequence[Mapping[str, Any]] = data["items"]
    heading = tuple(items[0]) if items else ()
    return table(heading=heading, rows=[tuple(item.values()) for item in items])
