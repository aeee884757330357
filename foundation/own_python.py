"""Starting a module of ours as a process of its own: a new Python, not a fork.

A worker has other threads, greenlets and connections, and a fork would copy them in any state.
"""

from __future__ import annotations

import os
import sys


def own_command(module: str, *arguments: object) -> list[str]:
    """Return the command that runs a module of ours with the Python of this process."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def own_environment() -> dict[str, str]:
    """Return our environment, with which a process finds the modules where this one finds them."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
