"""How many examples Hypothesis tries: all of them in a run with `--all`, else a quarter."""

from __future__ import annotations

#: Set by tests/conftest.py before a test is read.
is_all = False


def examples(count: int) -> int:
    """Return the number of examples of a test that tries `count` in an exhaustive run."""
    return count if is_all else max(count // 4, 10)
