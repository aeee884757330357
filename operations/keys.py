"""Encrypts every stored credential again under the first of CREDENTIAL_KEYS.

It works on the stored tokens, in whatever table a column of this type is, some rows at a time. A
row is changed only if nobody changed it meanwhile, so it can run beside everything, be interrupted
and be run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from contacts.people.erasures import complete_list
from foundation.encrypted_field import EncryptedTextField, fernet, keyring

#: Rows of one transaction.
STEP = 200


@dataclass(slots=True)
class Rotation:
    """What was found and done.

    Attributes:
        credentials: how many credentials are stored.
        rotated: how many were encrypted again.
        unreadable: how many no key decrypts.
        used_by: how many credentials each key is still needed for, by its place in the list.
    """

    credentials: int = 0
    rotated: int = 0
    unreadable: int = 0
    used_by: list[int] = field(default_factory=list)

    @property
    def free(self) -> list[int]:
        """The places (from 2) of the keys that nothing needs any more."""
        return [place for place, n in enumerate(self.used_by, start=1) if place > 1 and not n]


def rotate_keys(*, is_dry_run: bool = False) -> Rotation:
    """Encrypt every credential under the first key; return what was found.

    Args:
        is_dry_run: whether only to count.
    """
    keys = [fernet(key) for key in settings.CREDENTIAL_KEYS]
    found = Rotation(used_by=[0] * len(keys))
    for table, key, column in _columns():
        last = 0
        while rows := _rows(table, key, column, after=last):
            last = rows[-1][0]
            with transaction.atomic():
                for pk, token in rows:
                    _rotate(found, keys, table, key, column, pk, token, is_dry_run=is_dry_run)
    if not is_dry_run:
        complete_list()  # the list of erased people is keyed too
    return found


def _rotate(
    found: Rotation,
    keys: list[Fernet],
    table: str,
    key: str,
    column: str,
    pk: int,
    token: str,
    *,
    is_dry_run: bool,
) -> None:
    place = _place_of(token, keys)
    found.credentials += 1
    if place is None:
        found.unreadable += 1
        return
    if place and not is_dry_run:
        fresh = keyring().rotate(token.encode("ascii")).decode("ascii")
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s",  # noqa: S608
                [fresh, pk, token],
            )
            # If it was changed meanwhile, it was encrypted under the first key then.
            found.rotated += cursor.rowcount
        place = 0
    found.used_by[place] += 1


def _place_of(token: str, keys: list[Fernet]) -> int | None:
    """Return which key decrypts a token, counted from 0; None if none does."""
    for place, key in enumerate(keys):
        try:
            key.decrypt(token.encode("ascii"))
        except (InvalidToken, UnicodeEncodeError):
            continue
        return place
    return None


def _rows(table: str, key: str, column: str, *, after: int) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, {column} FROM {table} WHERE {key} > %s AND {column} <> '' "  # noqa: S608
            f"ORDER BY {key} LIMIT {STEP}",
            [after],
        )
        return list(cursor.fetchall())


def _columns() -> Iterator[tuple[str, str, str]]:
    """Yield (table, key, column) of every column with credentials, those of histories included."""
    quote = connection.ops.quote_name
    for model in apps.get_models(include_auto_created=True):
        options = model._meta
        for column in options.local_concrete_fields:
            if isinstance(column, EncryptedTextField):
                yield (
                    quote(options.db_table),
                    quote(str(options.pk.column)),
                    quote(str(column.column)),
                )
