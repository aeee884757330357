"""Run one benchmark with Django set up: python -m benchmarks.run_one NAME [ARGUMENTS].

It is a separate process because models can be imported only after the set-up, and the set-up reads
the environment variables of the benchmark.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

import django


def main() -> None:
    """Set up Django, run the module's `main` and print its result as one line of JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qqcampaign.settings")
    django.setup()
    module = importlib.import_module(f"benchmarks.{sys.argv[1]}")
    print(json.dumps(module.main(sys.argv[2:])))


if __name__ == "__main__":
    main()
