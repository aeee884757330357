"""The first lines of a process that `foundation.own_python` starts; run as a script.

    python -P own_main.py PARENT SYS_PATH MODULE [ARGUMENT ...]

PARENT is the process that starts it, SYS_PATH its `sys.path` as JSON. It knows no other module of
ours: they are found by SYS_PATH.
"""

from __future__ import annotations

import ctypes
import json
import os
import runpy
import signal
import sys

#: prctl(2), from <linux/prctl.h>
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Run a module as the main program of this process, which is killed with its parent."""
    _program, parent, path, *arguments = sys.argv
    _die_with(int(parent))
    sys.path[:] = json.loads(path)
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, also one that stands still.

    Stopped by SIGSTOP, it would not see that its socket has ended, and keep the locks of its
    transaction for ever. Linux only; elsewhere the end of the socket has to do.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)  # it died before the call


if __name__ == "__main__":
    main()
