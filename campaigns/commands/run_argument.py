"""The argument that chooses a run of a campaign."""

from __future__ import annotations

import argparse


def add_run_argument(parser: argparse.ArgumentParser) -> None:
    """Add --run to a parser."""
    parser.add_argument("--run", type=int, metavar="N", help="this run instead of the newest")
