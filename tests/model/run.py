"""Runs thousands of random histories: `python -m tests.model.run --minutes 60`.

It ends with the first history that has a violation, made as short as possible, or with the number
of histories.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

PER_ROUND = 20


def main() -> int:
    """Run rounds of histories until the time is over; a violation raises its exception."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--histories", type=int, default=0, help="end after so many")
    parser.add_argument("--steps", type=int, default=15, help="the most events in each")
    parser.add_argument("--as-found", action="store_true", help="do not shorten the history")
    arguments = parser.parse_args()
    os.environ["DATABASE_URL"] = ""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.conf import settings
    from hypothesis.stateful import run_state_machine_as_test

    from tests.model.hypothesis_settings import profile
    from tests.model.state_machine import EngineMachine

    settings.QQ_INBOX = False
    began = time.monotonic()
    done = 0
    while time.monotonic() - began < 60 * arguments.minutes:
        todo = min(PER_ROUND, arguments.histories - done) if arguments.histories else PER_ROUND
        run_state_machine_as_test(
            EngineMachine,
            settings=profile(
                histories=todo, steps=arguments.steps, is_shrinking=not arguments.as_found
            ),
        )
        done += todo
        spent = time.monotonic() - began
        print(f"{done} histories, {60 * done / spent:.0f} a minute: no violation", flush=True)
        if arguments.histories and done >= arguments.histories:
            break
    return 0


if __name__ == "__main__":
    sys.exit(main())
