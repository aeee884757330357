"""`make torture`: at least 200 kills on each database, and a table of the results.

Before them come the attacks, and a program that runs a campaign by the API over kills.

`make torture ARGS="--kills 50 --database sqlite"` runs less. `make torture MUTATIONS=1` shows that
each mechanism is needed (tests/torture/mutations.py), `make torture BLACK_BOX=1` runs the slow
black-box tests (tests/black_box), `make torture MODEL=1` runs random histories (tests/model), and
`make torture ATTACKS=1` only the attacks (tests/torture/attacks.py). The exit status is 0 if there
was no violation.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.black_box import run as black_box
from tests.torture import attacks, mutations, scenario_runner
from tests.torture.torture import Plan, counts_in_words, torture

ROWS = (
    *("deliveries", "sent", "arrived", "lost", "not_sent", "twice", "wrong_text", "unknown"),
    *("failed", "open", "too_soon", "seq_shared", "late_repeats", "unreported"),
    *("attempts", "replays"),
)

#: The scenarios in which a program follows a campaign by the API and by webhooks.
OTHER_PROGRAMS = "api_over_"


def main() -> int:
    """Run what is asked for and print the table; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", action="append", choices=("sqlite", "postgresql"))
    parser.add_argument("--kills", type=int, default=200, help="on each database")
    parser.add_argument("--seconds", type=float, default=1800.0, help="of killing, at most")
    parser.add_argument("--minutes", type=float, default=10.0, help="of each fuzzer")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--quiet", action="store_true", help="no line for each kill")
    parser.add_argument(
        "--troubles",
        type=float,
        default=0.25,
        help="probability of a transient fault before each round of kills",
    )
    parser.add_argument("--scenario", action="append", metavar="NAME", help="or: all, list")
    parser.add_argument(
        "--long", action="store_true", help="also the scenarios that take many minutes"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, help="the size of scenarios that have one, 0.1: a tenth"
    )
    parser.add_argument("--keep", type=Path, help="a folder for the files of failed scenarios")
    if os.environ.get("BLACK_BOX"):
        return black_box.main(sys.argv[1:])
    if os.environ.get("MODEL"):
        command = [sys.executable, "-m", "tests.model.run", *sys.argv[1:]]
        return subprocess.run(command, check=False).returncode
    if os.environ.get("ATTACKS"):
        return attacks.main(sys.argv[1:])
    given = parser.parse_args()
    if os.environ.get("MUTATIONS"):
        return mutations.main()
    if given.scenario:
        return max(
            scenario_runner.main(
                given.scenario,
                database=one,
                is_long=given.long,
                keep_folder=given.keep,
                scale=given.scale,
            )
            for one in given.database or ["sqlite"]
        )
    databases = given.database or attacks.DATABASES
    violations = attacks.attack(databases, seed=given.seed, minutes=given.minutes)
    for database in databases:
        print(f"=== another program over kills, {database}", flush=True)
        if scenario_runner.main(
            [OTHER_PROGRAMS], database=database, is_long=False, keep_folder=given.keep
        ):
            violations.append(f"{database}: a program lost an event or did something twice")
    columns = {}
    for database in databases:
        print(f"=== {database}, seed {given.seed}", flush=True)
        plan = Plan(
            database,
            kills=given.kills,
            seconds=given.seconds,
            seed=given.seed,
            fault_probability=given.troubles,
        )
        began = time.monotonic()
        with torture(plan, log=_nothing if given.quiet else _print_line) as one:
            verdict = one.run()
            columns[database] = {
                "kills": one.killer.kills.total(),
                **{row: getattr(verdict, row) for row in ROWS},
                "wrong figures": len(verdict.wrong_figures),
                "runs": len(one.texts),
                "seconds": round(time.monotonic() - began),
            }
            print(f"kills: {counts_in_words(one.killer.kills)}", flush=True)
            print(f"transient faults: {counts_in_words(one.transient_faults.made)}", flush=True)
            violations += [f"{database}: {fault}" for fault in verdict.violations]
            if one.killer.kills.total() < given.kills:
                violations.append(f"{database}: only {one.killer.kills.total()} kills")
    print_table(columns)
    for fault in violations:
        print("FAULT", fault)
    return 1 if violations else 0


def print_table(columns: dict[str, dict[str, int]]) -> None:
    """Print the columns side by side."""
    names = list(next(iter(columns.values())))
    print(" " * 16 + "".join(f"{database:>14}" for database in columns))
    for name in names:
        cells = "".join(f"{column[name]:>14,}" for column in columns.values())
        print(f"{name.replace('_', ' '):16}{cells}")


def _print_line(line: str) -> None:
    print(line, flush=True)


def _nothing(_line: str) -> None:
    """Print nothing."""


if __name__ == "__main__":
    sys.exit(main())
