"""A ledger whose batch takes long: proofs are as old as its begin, and a close does not wait."""

from __future__ import annotations

import subprocess
import threading
from typing import Any

import pytest

from clocks import local
from sending.ledger import ledger as module
from sending.ledger.batch import Committed
from sending.ledger.entries import Batch, Decision, Mark
from sending.ledger.ledger import Ledger
from sending.ledger.writer import NotWrittenError
from sending.ledger.writer_process import WriterProcess


class _Writer:
    """Answers when it may; abandoned, it answers nothing."""

    is_beside = False

    def __init__(self) -> None:
        self.begun: list[tuple[float, Batch]] = []
        self.may_answer, self.is_abandoned = threading.Event(), threading.Event()

    def begin(self, batch: Batch) -> None:
        self.begun.append((local.elapsed(), batch))

    def finish(self) -> Committed:
        while not self.may_answer.wait(0.01):
            if self.is_abandoned.is_set():
                raise NotWrittenError(True, "EOFError", "it was ended")
        return Committed({0: Decision.GRANTED}, True)

    def close(self) -> None:
        """Nothing is open."""

    def abandon(self) -> None:
        self.is_abandoned.set()


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> _Writer:
    one = _Writer()
    monkeypatch.setattr(module, "_writer_for", lambda worker_id: one)
    return one


def test_a_proof_is_dated_before_its_batch_was_begun(writer: _Writer) -> None:
    """By the worker's own clock: that of another process may be another one."""
    ledger = Ledger(worker_id=1)
    ledger.start()
    ticket = ledger.submit(Mark(1, 1, 1, 1, None))
    local.sleep(0.2)
    writer.may_answer.set()
    assert ticket.wait()
    assert 0 <= writer.begun[0][0] - ticket.proved_at < 0.1
    ledger.close()


def test_a_close_with_patience_ends_though_nothing_can_be_written(writer: _Writer) -> None:
    ledger = Ledger(worker_id=1)
    ledger.start()
    ticket = ledger.submit(Mark(1, 1, 1, 1, None))
    _wait_until_begun(writer)
    later = ledger.submit(Mark(2, 2, 1, 2, None))
    began_at = local.elapsed()
    ledger.close(patience=0.2)
    assert local.elapsed() - began_at < module.ABANDONED_SECONDS
    assert [one.wait() for one in (ticket, later)] == [Decision.REFUSED] * 2
    ledger.wait_for_all()
    assert len(writer.begun) == 1, "what is queued is not begun any more"


def test_a_close_with_patience_writes_what_it_can(writer: _Writer) -> None:
    writer.may_answer.set()
    ledger = Ledger(worker_id=1)
    ledger.start()
    tickets: list[Any] = [ledger.submit(Mark(n, n, 1, n, None)) for n in range(3)]
    ledger.close(patience=10.0)
    assert all(ticket._done.is_set() for ticket in tickets)
    assert not writer.is_abandoned.is_set()


def test_a_process_that_cannot_be_started_at_first_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A lane that brought a batch would start it while the ledger does."""

    def refuse(*_arguments: Any, **_options: Any) -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(OSError, match="cannot be started: Resource"):
        WriterProcess(worker_id=1)


def _wait_until_begun(writer: _Writer) -> None:
    ends_at = local.elapsed() + 10
    while not writer.begun:
        assert local.elapsed() < ends_at
        local.sleep(0.01)
