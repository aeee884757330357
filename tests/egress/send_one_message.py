"""A client that logs in, waits for a line on stdin and then sends one message.

python -m tests.egress.send_one_message URL UIN PASSWORD UN
"""

from __future__ import annotations

import sys

from qqhttp import CltMsg, GatewayClient, GatewayError, Login, password_digest


def main() -> None:
    """Print "ready", wait for a line, send, print the outcome."""
    url, uin, password, recipient = sys.argv[1:]
    with GatewayClient(url, read_timeout=60.0) as client:
        client.exchange(Login(seq=1, uin=int(uin), ps=password_digest(password)))
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            client.exchange(CltMsg(seq=2, uin=int(uin), un=int(recipient), mg="held back"))
        except GatewayError as error:
            print(error.code, flush=True)
        else:
            print("answered", flush=True)


if __name__ == "__main__":
    main()
