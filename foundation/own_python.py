"""Starting a module of ours as a process of its own: a new Python, not a fork.

A worker has other threads, greenlets and connections, and a fork would copy them in any state.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

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


@contextmanager
def no_messages_told() -> Iterator[None]:
    """End the process at an exception in the context, whose traceback has no messages."""
    try:
        yield
    except Exception as problem:
        # Not earlier: what it imports takes longer than the start of a process that reads.
        from foundation.failures import traceback_without_messages

        sys.stderr.write(traceback_without_messages(problem) + "\n")
        sys.exit(1)


def _module_path() -> list[str]:
    """Return `sys.path`, with the working directory by its name."""
    here = ""
    with suppress(OSError):  # it was deleted
        here = os.getcwd()
    return [folder or here for folder in sys.path if folder or here]
