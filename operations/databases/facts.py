"""What a backup tells about a database: its migrations, its rows and its highest SEQ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

#: Runs a query on a copy of the database and returns its rows.
Read: TypeAlias = Callable[[str], list[tuple[Any, ...]]]

#: The tables whose rows are counted.
COUNTED = (
    "accounts_account",
    "contacts_contact",
    "campaigns_campaign",
    "sending_run",
    "sending_delivery",
    "sending_attempt",
    "accounts_inboundmessage",
)
#: An installation with a row in one of these tables is in use.
IN_USE = (
    "accounts_account",
    "contacts_contact",
    "contacts_contactlist",
    "contacts_suppression",
    "campaigns_campaign",
    "campaigns_messagetemplate",
    "sending_run",
    "accounts_inboundmessage",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a copy of a database holds; see `operations.archives.manifest.Manifest`."""

    taken_at: datetime
    migrations: list[tuple[str, str]]
    counts: dict[str, int]
    highest_seq: int


def facts_of(read: Read, *, taken_at: datetime) -> Facts:
    """Return the facts of a copy of a database.

    Args:
        read: runs a query on the copy.
        taken_at: the database's clock when the copy began.
    """
    return Facts(
        taken_at=taken_at,
        migrations=[
            (str(app), str(name))
            for app, name in read("SELECT app, name FROM django_migrations ORDER BY id")
        ],
        counts={table: int(read(f"SELECT COUNT(*) FROM {table}")[0][0]) for table in COUNTED},  # noqa: S608
        highest_seq=int(read("SELECT COALESCE(MAX(last_seq), 0) FROM accounts_lease")[0][0]),
    )
