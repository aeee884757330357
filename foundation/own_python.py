"""Starting a module of ours as a process of its own: a new Python, not a fork.

A worker has other threads, greenlets and connections, and a fork would copy them in any state.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress

from foundation import own_main


def own_command(module: str, *arguments: object) -> list[str]:
    """Return the command that runs a module of ours with the Python of this process.

    The process is killed with the thread that starts it. It finds modules where this one finds
    them, and not in the folder in which it happens to run (`-P`): `-m` would look there first. They
    are not in PYTHONPATH, because in it a folder's name may have no colon.
    """
    return [
        *(sys.executable, "-P", own_main.__file__, str(os.getpid())),
        *(json.dumps(_module_path()), module, *map(str, arguments)),
    ]


def _module_path() -> list[str]:
    """Return `sys.path`, with the working directory by its name."""
    here = ""
    with suppress(OSError):  # it was deleted
        here = os.getcwd()
    return [folder or here for folder in sys.path if folder or here]
