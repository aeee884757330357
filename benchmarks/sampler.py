"""A sampling profiler: records the stack every few milliseconds of CPU time.

    python -m benchmarks.sampler OUT.txt -m celery -A qqcampaign worker ...

A profiler that hooks calls is confused when greenlets switch; sampling is not. The first table
counts the functions at the top of the stack, the second all functions on it, once per sample.
"""

from __future__ import annotations

import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

INTERVAL_SECONDS = 0.002
LINES = 250

_on_top: Counter[str] = Counter()
_anywhere: Counter[str] = Counter()


def _take(_number: int, frame: FrameType | None) -> None:
    names: list[str] = []
    while frame is not None:
        code = frame.f_code
        names.append(f"{'/'.join(code.co_filename.split('/')[-3:])}:{code.co_qualname}")
        frame = frame.f_back
    if names:
        _on_top[names[0]] += 1
        _anywhere.update(set(names))


def _write(out: Path) -> None:
    total = max(1, sum(_on_top.values()))
    with out.open("w") as file:
        for title, counted in (("on top", _on_top), ("anywhere", _anywhere)):
            file.write(f"{title}, of {total} samples\n")
            for name, count in counted.most_common(LINES):
                file.write(f"{100 * count / total:6.1f} %  {name}\n")


def main() -> None:
    """Run a module as the main one and profile it."""
    out, _dash_m, module, *arguments = sys.argv[1:]
    signal.signal(signal.SIGPROF, _take)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        _write(Path(out))


if __name__ == "__main__":
    main()
