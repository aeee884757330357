"""`python -m tests.fuzzing.run`: hostile requests on a database of its own; 0 if nothing is found.

DATABASE_URL chooses the database server; without it, SQLite.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings


def main() -> int:
    """Send requests, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    from tests.console.whole_world import make_whole_world
    from tests.fuzzing.fuzz import Fuzzer
    from tests.servers import running_redis

    warnings.simplefilter("ignore")
    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        with running_redis(settings.EMBEDDED_REDIS_SOCKET):
            make_whole_world()
            found = Fuzzer(given.seed).run(seconds=given.seconds)
    finally:
        teardown_databases(databases, verbosity=0)
    answers = ", ".join(f"{status}: {n}" for status, n in sorted(found.answers.items()))
    print(f"seed {given.seed}: {found.sent} requests; {answers}")
    for one in found.wrong.values():
        print(one)
    print(f"{len(found.wrong)} kinds of trouble")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
