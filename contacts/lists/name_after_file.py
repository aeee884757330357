"""The name of a new list for the people of a file, if the operator gives none."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from contacts.models import ContactList
from foundation.names import LONGEST_NAME, clean_name
from foundation.refusals import Refusal

#: Characters kept for a number behind the name.
_ROOM = 8


def name_after_file(file_name: str) -> str:
    """Return a name like the file's that no list has yet; "" if the file's name cannot be one."""
    try:
        name = clean_name(Path(file_name).stem[: LONGEST_NAME - _ROOM])
    except Refusal:
        return ""
    names = (name if number == 1 else f"{name} {number}" for number in count(1))
    return next(one for one in names if ContactList.objects.named(one) is None)
