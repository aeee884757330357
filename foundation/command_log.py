"""What commands say of their acts, for the audit trail.

The trail sees by itself which rows a command changed. Here a command names the rows that its act is
about, and says in words what it did.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Model

from foundation.acts import mention, say, say_of_table


def log_added(*rows: Model) -> None:
    """Note that a command created rows."""
    log_changed(*rows)


def log_changed(*rows: Model, fields: Iterable[str] = (), said: str = "") -> None:
    """Note that a command changed rows: the names of the fields, or a sentence.

    The fields are for readers of the code: the trail compares the rows itself.
    """
    for row in rows[:1]:
        say(said, about=row)
    mention(*rows[1:])


def log_deleted(*rows: Model) -> None:
    """Note that a command deletes rows; call it before, while they have their keys."""
    log_changed(*rows)


def log_table(model: type[Model], *, name: str, said: str) -> None:
    """Note that a command changed many rows of a table, in one entry.

    Args:
        model: the table.
        name: what the rows came from, such as a file.
        said: the sentence.
    """
    say_of_table(model, name=name, sentence=said)
