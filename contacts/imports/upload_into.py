"""The service that takes a file into a list, and queues its import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from contacts.imports.lifecycle import correct_mapping, discard_import, queue_import, upload_import
from contacts.imports.value_types import choose_types
from contacts.models import ContactImport, ContactList
from contacts.states import ImportPolicy
from foundation.refusals import Refusal


def upload_into(
    *,
    blocks: Iterable[bytes],
    file_name: str,
    contact_list: ContactList,
    policy: str = ImportPolicy.OVERWRITE,
    mapping: Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    by: Any = None,
    **layout: Any,
) -> ContactImport:
    """Upload a file, choose what its columns are, and queue its import; return it.

    Args:
        blocks: the bytes of the file.
        file_name: its name.
        contact_list: the list.
        policy: what is done with people who exist.
        mapping: by the title of a column, what it is, where it is not what was detected.
        types: by the name of an attribute, its type.
        by: the operator; None for the command line.
        layout: as `upload_import` takes it.

    Raises:
        Refusal: the file cannot be imported. Nothing of it is kept then.
    """
    contact_import = upload_import(
        blocks=blocks,
        file_name=file_name,
        contact_list=contact_list,
        policy=policy,
        by=by,
        **layout,
    )
    try:
        if mapping:
            correct_mapping(contact_import=contact_import, choices=mapping)
        if types:
            choose_types(contact_import=contact_import, types=types)
        queue_import(contact_import=contact_import)
    except Refusal:
        discard_import(contact_import=contact_import)
        raise
    return contact_import


@contextmanager
def list_to_import(name: str) -> Iterator[tuple[ContactList, bool]]:
    """Yield the list of this name, and whether it is new; a new one goes if the import fails."""
    contact_list, is_new = ContactList.objects.get_or_create_named(name)
    try:
        yield contact_list, is_new
    except BaseException:
        if is_new and not contact_list.memberships.exists():  # no empty list stays behind
            contact_list.delete()
        raise


def upload_as_told(
    *,
    blocks: Iterable[bytes],
    file_name: str,
    contact_list: ContactList,
    options: Mapping[str, Any],
    by: Any = None,
) -> ContactImport:
    """Upload as the options of `import_contacts` tell.

    Args, Raises: as for `upload_into`.
    """
    return upload_into(
        blocks=blocks,
        file_name=file_name,
        contact_list=contact_list,
        policy=options["policy"],
        mapping=options["mapping"],
        types=options["types"],
        by=by,
        encoding=options["encoding"],
        delimiter=options["delimiter"],
        sheet=options["sheet"],
        header_line=options["header_row"],
    )
