"""The ledger's own thread beside the greenlets, in a process on gevent like a worker."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

IN_A_WORKER = """
from gevent import monkey
monkey.patch_all()
import threading, django
django.setup()
from django.db import connection, connections
from sending.ledger.database_thread import DatabaseThread

def ask():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 6 * 7")
        return cursor.fetchone()[0], connections["default"], threading.get_native_id()

def fail():
    raise LookupError("as it was raised")

thread = DatabaseThread()
answer, first, where = thread.call(ask)
_answer, second, again = thread.call(ask)
assert answer == 42
assert where == again != threading.get_native_id(), "not a thread of its own"
assert first is not connections["default"], "the greenlets' connection"
assert "pool" not in first.settings_dict["OPTIONS"], "its locks belong to the greenlets"
try:
    thread.call(fail)
except LookupError as problem:
    print(problem)
assert first.connection is not None
thread.close()
assert thread._pool.size == 0, thread._pool.size
assert first.connection is None, "the connection was left open"
print("closed")
"""


@pytest.mark.slow
def test_a_thread_of_its_own_that_closes_what_it_opened() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", IN_A_WORKER],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "qqcampaign.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "as it was raised\nclosed\n"), done.stderr
    assert "Traceback" not in done.stderr
