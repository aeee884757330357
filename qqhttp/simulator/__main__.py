"""`python -m qqhttp.simulator`: run a simulated gateway in the foreground."""

import argparse
import sys

from qqhttp.simulator.arguments import add_arguments
from qqhttp.simulator.runners import run_in_foreground
from qqhttp.simulator.settings import SimulatorError


def _announce(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run until SIGTERM or SIGINT and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m qqhttp.simulator",
        description="A gateway that speaks the QQ HTTP protocol, for tests and demonstrations.",
    )
    add_arguments(parser)
    try:
        run_in_foreground(vars(parser.parse_args()), _announce)
    except SimulatorError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
