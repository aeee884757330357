"""Runs a program that is killed when its parent process dies.

Run as a script: `python -I -S launcher.py PARENT_PID PROGRAM [ARGUMENT ...]`. On Linux, the kernel
kills the process when its parent dies for any reason (prctl(2), PR_SET_PDEATHSIG, which stays set
after exec). Other systems have no such call, and only an orderly stop of the parent ends its
children.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

#: prctl(2), from <linux/prctl.h>
PR_SET_PDEATHSIG = 1


def die_with_parent(ending: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send `ending` to this process when its parent dies. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(ending), 0, 0, 0)


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    die_with_parent()
    if os.getppid() != parent:  # the parent died before the call
        sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 - the program is ours


if __name__ == "__main__":
    main()
