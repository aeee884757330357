"""Become another program that does not outlive the process which started it.

Run as a script (`python -I -S launcher.py PARENT PROGRAM [ARGUMENT ...]`), before anything heavy is
imported. On Linux the kernel is asked to kill the process when its parent dies, in whatever way it
dies (prctl(2), PR_SET_PDEATHSIG; the request survives the exec). Elsewhere there is no such request
and only an orderly stop of the parent ends its children.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

#: prctl(2), from <linux/prctl.h>
PR_SET_PDEATHSIG = 1


def die_with_parent(ending: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to send us `ending` when our parent dies. Does nothing outside Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(ending), 0, 0, 0)


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    die_with_parent()
    if os.getppid() != parent:  # it died before we could ask
        sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 - the program is ours


if __name__ == "__main__":
    main()
