"""`python -m tests.model.mutations`: takes out one mechanism at a time; the model must find it.

Each mutation is made in a copy of the checkout. A mutation that the model does not find within the
given minutes is an error, and so is one whose text is no longer in its file.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.mutated_copy import copied_checkout, replace_once


@dataclass(frozen=True)
class Mutation:
    """The removal of one mechanism.

    Attributes:
        name: the mechanism and what the mutation does to it.
        changes: (file, old, new): the text `old`, which must occur once, is replaced by `new`.
    """

    name: str
    changes: tuple[tuple[str, str, str], ...]


MUTATIONS = (
    Mutation(
        "age: a repeat is granted however old its attempt is",
        (
            (
                "sending/ledger/sql_sqlite.py",
                "t.marked_at < %s,\n",
                "t.marked_at < %s AND 0,\n",
            ),
        ),
    ),
    Mutation(
        "forgotten: a mark whose commit was cut off is not searched for",
        (
            (
                "sending/ledger/batch.py",
                "self._marked_before(marks) if is_again else _no_rows",
                "_no_rows",
            ),
            (
                "sending/worker/runtime.py",
                "                    self._find_forgotten_attempts()\n",
                "",
            ),
        ),
    ),
    Mutation(
        "pause: any wake-up cuts it short",
        (
            (
                "sending/lanes/pacing.py",
                "        while (left := ends_at - local.elapsed()) > 0:\n"
                "            self.wait(left)\n\n    def _reservation",
                "        if (left := ends_at - local.elapsed()) > 0:\n"
                "            self.wait(left)\n\n    def _reservation",
            ),
        ),
    ),
    Mutation(
        "reservations: an unused one is kept",
        (
            (
                "sending/lanes/sender.py",
                "                self._pacing.release(seq, rate=run.rate)\n",
                "                pass\n",
            ),
        ),
    ),
    Mutation(
        "open: a wake-up repeats an open attempt at once",
        (
            (
                "sending/lanes/sender.py",
                "                self._pacing.wait(wait)\n            else:\n",
                "                self._pacing.wait(wait)\n                self._repeat(attempt)\n"
                "            else:\n",
            ),
        ),
    ),
)


def main() -> int:
    """Try every mutation; return 0 if each is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="for each")
    parser.add_argument("--told", action="store_true", help="use only test_histories.py")
    parser.add_argument("names", nargs="*", help="the first words of their names; none: all")
    arguments = parser.parse_args()
    wrong = 0
    for mutation in MUTATIONS:
        if arguments.names and mutation.name.partition(":")[0] not in arguments.names:
            continue
        with copied_checkout() as copy:
            command = ["tests.model.run", f"--minutes={arguments.minutes}", "--as-found"]
            if arguments.told:
                command = [
                    "pytest",
                    "-n",
                    "0",
                    "-q",
                    "-x",
                    "--all",
                    "tests/model/test_histories.py",
                ]
            wrong += not _is_found(mutation, copy, command)
    return 1 if wrong else 0


def _is_found(mutation: Mutation, copy: Path, command: list[str]) -> bool:
    for file, old, new in mutation.changes:
        if not replace_once(copy / file, old, new):
            print(f"MOVED   {mutation.name}: look for it in {file}", flush=True)
            return False
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=copy,
        env={**os.environ, "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    described = (done.stderr + done.stdout).splitlines()
    found = [line for line in described if line.strip(" |+-E").startswith("at ")]
    is_found = done.returncode != 0 and bool(found)
    what = found[0].strip(" |E") if found else (done.stderr or done.stdout)[-300:]
    colour = "red" if is_found else "GREEN"
    print(f"{colour:7} {mutation.name} ({time.monotonic() - began:.0f} s): {what}", flush=True)
    return is_found


if __name__ == "__main__":
    sys.exit(main())
