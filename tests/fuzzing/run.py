"""`python -m tests.fuzzing.run`: hostile requests on a database of its own; 0: nothing found."""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from contextlib import ExitStack

from tests.servers import running_postgresql, running_redis


def main() -> int:
    """Send requests, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    with ExitStack() as stack:
        if given.database == "postgresql":
            os.environ["DATABASE_URL"] = stack.enter_context(running_postgresql())
        return _fuzz(given.seconds, given.seed)


def _fuzz(seconds: float, seed: int) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    from tests.console.whole_world import make_whole_world
    from tests.fuzzing.fuzz import Fuzzer

    warnings.simplefilter("ignore")
    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        with running_redis(settings.EMBEDDED_REDIS_SOCKET):
            make_whole_world()
            found = Fuzzer(seed).run(seconds=seconds)
    finally:
        teardown_databases(databases, verbosity=0)
    answers = ", ".join(f"{status}: {n}" for status, n in sorted(found.answers.items()))
    print(f"seed {seed}: {found.sent} requests; {answers}")
    for one in found.wrong.values():
        print(one)
    print(f"{len(found.wrong)} kinds of trouble")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
