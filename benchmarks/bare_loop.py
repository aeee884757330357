"""The baseline for the engine: a loop of `requests` under gevent that records nothing.

    python -m benchmarks.bare_loop URL --accounts 100 --messages 200 [--close]

Each account has a greenlet and a Session. The Session ignores the environment's proxies, because
looking for them takes more than half of a request's time. With --close every message has its own
connection, as a gateway requires that closes connections without notice. Prints one line of JSON.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402 - after the patching
import json  # noqa: E402
import time  # noqa: E402
from urllib.parse import quote  # noqa: E402

import gevent  # noqa: E402
import requests  # noqa: E402

TEXT = "你好 100% & more = fine + hi"
FIRST_ACCOUNT, FIRST_FRIEND = 1_000_001, 20_000_001


def send(url: str, uin: int, recipients: range, is_closing: bool, first_seq: int) -> int:
    """Send one message to each recipient; return how many were answered RES=0."""
    accepted = 0
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Connection"] = "close" if is_closing else "keep-alive"
        for seq, un in enumerate(recipients, first_seq):
            body = f"VER=1.1&CMD=CLTMSG&SEQ={seq}&UIN={uin}&UN={un}&MG={quote(TEXT)}"
            reply = session.post(url, data=body.encode(), timeout=(5, 45))
            pairs = dict(item.split("=", 1) for item in reply.text.split("&") if "=" in item)
            accepted += pairs.get("RES") == "0"
    return accepted


def main() -> None:
    """Send the messages of all accounts in parallel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--close", action="store_true")
    given = parser.parse_args()
    first_seq = int(time.time()) + 10_000_000  # above what any lane has used
    started, cpu = time.perf_counter(), time.process_time()
    lanes = [
        gevent.spawn(
            send,
            given.url,
            FIRST_ACCOUNT + number,
            range(
                FIRST_FRIEND + number * given.messages, FIRST_FRIEND + (number + 1) * given.messages
            ),
            given.close,
            first_seq,
        )
        for number in range(given.accounts)
    ]
    gevent.joinall(lanes, raise_error=True)
    print(
        json.dumps(
            {
                "accepted": sum(lane.value for lane in lanes),
                "seconds": time.perf_counter() - started,
                "cpu_seconds": time.process_time() - cpu,
            }
        )
    )


if __name__ == "__main__":
    main()
