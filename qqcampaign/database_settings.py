"""The setting DATABASES, made from DATABASE_URL: SQLite in WAL mode, or PostgreSQL with a pool."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import environ

from qqcampaign.environment import EnvironmentProblem

#: Timeouts of PostgreSQL connections. Both a host that loses the network and the server must notice
#: within seconds, so that the server releases the locks of a dead host (above all, the lock on its
#: worker's row) before other hosts wait for them. On a unix socket, libpq and the server ignore
#: the TCP options.
POSTGRESQL_TIMEOUTS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,  # milliseconds that sent data may stay unacknowledged
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "options": (
        "-c idle_in_transaction_session_timeout=10s -c tcp_user_timeout=10s"
        " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
    ),
}

_ENGINES = frozenset({"django.db.backends.sqlite3", "django.db.backends.postgresql"})


def database_from(url: str, *, home: Path, pool_size: int) -> dict[str, Any]:
    """Return the settings of the database.

    Args:
        url: DATABASE_URL; empty for the embedded database.
        home: the folder of the embedded database.
        pool_size: the most connections of this process to PostgreSQL.

    Raises:
        EnvironmentProblem: the URL cannot be used.
    """
    database = _parsed(url) if url else _embedded(home)
    if database.get("ENGINE") not in _ENGINES:
        raise EnvironmentProblem(
            "DATABASE_URL cannot be used: write postgres://user:password@host:5432/name or "
            "sqlite:////absolute/path.sqlite3 (leave it out for the embedded database)."
        )
    if database["ENGINE"].endswith("sqlite3"):
        database["OPTIONS"] = {
            # Writers wait at BEGIN instead of failing at their first write.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            # FULL: a mark is on the disk before its request is sent (rule 3).
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;"
                "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=134217728"
            ),
        }
    else:
        options = database.setdefault("OPTIONS", {})
        for name, value in POSTGRESQL_TIMEOUTS.items():
            options.setdefault(name, value)
        # A pool, because thousands of lanes share a few connections. With a short reconnect
        # timeout, the next caller tries again instead of the pool's background attempts with
        # growing pauses.
        options["pool"] = {
            "min_size": 0,
            "max_size": pool_size,
            "timeout": 10,
            "reconnect_timeout": 2,
        }
        database["CONN_HEALTH_CHECKS"] = True
    return database


def _embedded(home: Path) -> dict[str, Any]:
    # A dict, not a URL, because the path of the home may contain any character.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(home / "db.sqlite3"),
        "TEST": {"NAME": str(home / "test.sqlite3")},
    }


def _parsed(url: str) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            # Its warning about an unknown scheme prints the URL with the password.
            warnings.simplefilter("ignore")
            return dict(environ.Env.db_url_config(url))
    except Exception:  # the parser raises several types
        return {}
