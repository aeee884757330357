"""Take a mechanism out, and see a test go red. Filled below."""

from __future__ import annotations


def main() -> int:
    """Run every mutation; return the exit status."""
    raise SystemExit("no mutations yet")
