"""What commands changed, in the audit log that the console shows.

Tables with a history of their own (`simple_history`) note every change there, with an empty
operator for a command. The others are noted by the console alone, so their commands note it here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from foundation.queries import CHUNK
from foundation.sentences import stored

#: An entry needs an operator. This one cannot sign in.
COMMAND_LINE = "command-line"
#: The longest name of a row in an entry.
LONGEST = 200


def log_added(*rows: Model) -> None:
    """Note that a command created rows."""
    _log(rows, action=ADDITION, message=json.dumps([{"added": {}}]))


def log_changed(*rows: Model, fields: Iterable[str] = (), said: str = "") -> None:
    """Note that a command changed rows: the names of the fields, or a sentence."""
    words = json.dumps([{"changed": {"fields": list(fields)}}])
    _log(rows, action=CHANGE, message=stored(said) if said else words)


def log_deleted(*rows: Model) -> None:
    """Note that a command deletes rows; call it before, while they have their keys."""
    _log(rows, action=DELETION, message="")


def log_table(model: type[Model], *, name: str, said: str) -> None:
    """Note that a command changed many rows of a table, in one entry.

    Args:
        model: the table.
        name: what the rows came from, such as a file.
        said: the sentence.
    """
    LogEntry.objects.create(
        user=_command_line(),
        content_type=ContentType.objects.get_for_model(model),
        object_repr=name[:LONGEST],
        action_flag=CHANGE,
        change_message=stored(said),
    )


def _log(rows: Iterable[Model], *, action: int, message: str) -> None:
    by = _command_line()
    LogEntry.objects.bulk_create(
        (
            LogEntry(
                user=by,
                content_type=ContentType.objects.get_for_model(row),
                object_id=str(row.pk),
                object_repr=str(row)[:LONGEST],
                action_flag=action,
                change_message=message,
            )
            for row in rows
        ),
        batch_size=CHUNK,
    )


def _command_line() -> Any:
    users = get_user_model()._default_manager
    found, _is_new = users.get_or_create(
        username=COMMAND_LINE, defaults={"is_active": False, "password": make_password(None)}
    )
    return found
