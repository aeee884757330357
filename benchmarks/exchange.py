"""The CPU of one exchange with the gateway: our client, bare `requests`, and a plain socket.

    python -m benchmarks.exchange [--messages 20000] [--repeats 3]

100 lanes on gevent send CLTMSG to the simulator, which has a process of its own; so does each
contender (`exchange_client.py`). They take turns, with kept connections and with a connection a
message. The plain socket does nothing but send and parse with httptools: what Python and gevent
cost on this machine at this moment. So the ratio to it is more reliable than the microseconds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from statistics import median
from typing import Any

from qqhttp.simulator import SimulatorProcess

LANES = 100
CONTENDERS = ("requests", "client", "socket")
KINDS = {"kept": (), "closing": ("--close",)}


def turn(gateway: SimulatorProcess, contender: str, kind: str, *, messages: int) -> float:
    """Return the CPU of one exchange in one contender's turn, in microseconds."""
    gateway.control.reset()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.exchange_client", contender, gateway.url),
            *("--lanes", str(LANES), "--messages", str(messages // LANES), *KINDS[kind]),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    said = json.loads(done.stdout)
    assert said["accepted"] == messages // LANES * LANES, said
    return float(said["cpu_us"])


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the median CPU of each contender, and the medians of the ratios of each round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args(arguments)
    result: dict[str, Any] = {"messages": given.messages}
    with SimulatorProcess(accounts=LANES, friends=given.messages // LANES + 2_000) as gateway:
        for kind in KINDS:
            rounds = [
                {name: turn(gateway, name, kind, messages=given.messages) for name in CONTENDERS}
                for _repeat in range(given.repeats)
            ]
            result[kind] = {name: round(median(one[name] for one in rounds)) for name in CONTENDERS}
            result[kind] |= {
                f"to_{name}": round(median(one["client"] / one[name] for one in rounds), 2)
                for name in ("requests", "socket")
            }
            print(kind, result[kind], file=sys.stderr, flush=True)
    return result


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
