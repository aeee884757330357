"""Files and imports for the tests of contacts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contacts.imports.lifecycle import queue_import, upload_import
from contacts.imports.run import run_import
from contacts.models import ContactImport, ContactList

#: A file that changes the people of the fixture `known` and adds one.
CHANGING = "uin,name,city,level\n10001,One,Basel,3\n10002,Zwei,,\n10003,Three,Chur,1\n"


def uploaded(text: str | bytes, *, into: str = "all", **options: Any) -> ContactImport:
    """Upload a file into a list, which is created if it does not exist."""
    data = text.encode() if isinstance(text, str) else text
    contact_list, _made = ContactList.objects.get_or_create(name=into)
    return upload_import(
        blocks=[data], file_name="people.csv", contact_list=contact_list, **options
    )


def imported(text: str | bytes, *, into: str = "all", **options: Any) -> ContactImport:
    """Upload a file and run its import to the end."""
    contact_import = uploaded(text, into=into, **options)
    queue_import(contact_import=contact_import)
    assert run_import(import_id=contact_import.pk)
    contact_import.refresh_from_db()
    return contact_import


def csv_of(rows: range, *, name: str = "p") -> str:
    """Return a CSV file with one person for each number, which is the UIN."""
    return "uin,name,city\n" + "".join(f"{n},{name}{n},c{n % 7}\n" for n in rows)


def write(folder: Path, text: str | bytes, name: str = "people.csv") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
