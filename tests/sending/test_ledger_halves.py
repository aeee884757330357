"""A lane begins a batch of the ledger: what is queued while it is written is not forgotten."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

#: Lanes on gevent, as in a worker, and a writer that takes 10 ms for each batch.
IN_A_WORKER = """
from gevent import monkey
monkey.patch_all()
import sys, django
django.setup()
import gevent
from sending.ledger import ledger as module
from sending.ledger.batch import Committed
from sending.ledger.entries import Decision, Mark

class Writer:
    is_beside = True
    sizes = []
    def begin(self, batch):
        self.sizes.append(len(batch.requests))
    def finish(self):
        gevent.sleep(0.01)
        decisions = {n: Decision.GRANTED for n in range(self.sizes[-1])}
        return Committed(decisions, True)
    def close(self):
        pass

module._writer_for = lambda worker_id: Writer()
ledger = module.Ledger(worker_id=1)
ledger.start()
gevent.sleep(0.02)
lanes = [
    gevent.spawn(lambda n=n: ledger.submit(Mark(n, n, 1, n, None)).wait())
    for n in range(module.ENOUGH + 10)
]
after = [gevent.spawn({"wait": ledger.wait_for_all, "close": ledger.close}[sys.argv[1]])]
gevent.joinall(lanes + after, timeout=20)
assert all(one.successful() for one in after), "it still waits"
assert [one.value for one in lanes] == [Decision.GRANTED] * len(lanes)
print(Writer.sizes)
"""


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "qqcampaign.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("end", ["wait", "close"])
def test_marks_that_come_while_a_lanes_batch_is_written_follow_it(end: str) -> None:
    done = _run(IN_A_WORKER, end)
    assert (done.returncode, done.stdout) == (0, "[50, 10]\n"), done.stderr


#: A process that is stopped, and a batch that does not fit into its socket.
STOPPED = """
from gevent import monkey
monkey.patch_all()
import atexit, os, signal, django
django.setup()
import gevent
from sending.ledger import ledger as module
from sending.ledger.entries import Decision, Mark

ledger = module.Ledger(worker_id=1)
process = ledger._writer._process
atexit.register(process.kill)  # it may not have come to the point from which it dies with us
os.kill(process.pid, signal.SIGSTOP)
ledger.start()
beats = []

def beat():
    while True:
        gevent.sleep(0.01)
        beats.append(1)

gevent.spawn(beat)
lanes = [
    gevent.spawn(lambda n=n: ledger.submit(Mark(n, n, 1, n, "x" * 400_000)).wait())
    for n in range(module.ENOUGH)
]
gevent.joinall(lanes, timeout=1.0)
assert not any(one.ready() for one in lanes), "nothing was granted"
assert len(beats) > 10, "a lane that sends a batch holds up all others"
ledger.close(patience=0.0)
gevent.joinall(lanes, timeout=10)
assert [one.value for one in lanes] == [Decision.REFUSED] * len(lanes)
process.kill()
os._exit(0)
"""


def test_a_batch_that_nobody_takes_holds_up_nobody() -> None:
    done = _run(STOPPED)
    assert done.returncode == 0, done.stderr
