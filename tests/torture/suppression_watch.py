"""Watches from outside when people's opt-outs come into force."""

from __future__ import annotations

import threading
import time

from tests.torture.harness import Harness

#: The pause between two looks at who is suppressed.
LOOK_SECONDS = 0.1


class SuppressionWatch:
    """Looks again and again, on a connection of its own, who is suppressed.

    So it sees when an opt-out was in force, not when a row says that it was written.
    """

    def __init__(self, harness: Harness) -> None:
        self._django, self._is_over = harness.new_django_process("watch"), threading.Event()
        self.seen_at: dict[int, float] = {}
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop looking."""
        self._is_over.set()
        self._thread.join(30)

    def _look(self) -> None:
        while not self._is_over.wait(LOOK_SECONDS):
            for uin in self._django.call("suppressed"):
                self.seen_at.setdefault(uin, time.monotonic())
