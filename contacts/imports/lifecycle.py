"""Services of an import: upload, correct, start, cancel and discard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.imports.columns import (
    apply_choices,
    attribute_names,
    check_mapping,
    guess_mapping,
    remember_mapping,
    remembered_mapping,
    with_stored_names,
)
from contacts.imports.end import end_imports
from contacts.imports.files import remove_upload, store_upload, stored_file
from contacts.imports.layout import inspect_file, readings_of
from contacts.imports.value_types import column_types, refuse_open_dates
from contacts.models import Attribute, ContactImport, ContactList
from contacts.people.attribute_types import set_attribute_types
from contacts.people.attributes import record_attribute_names
from contacts.states import ImportPolicy, ImportState
from contacts.typed_values.types import ValueType
from foundation.archiving import refuse_archived
from foundation.refusals import Refusal
from tabular import Inspection


def upload_import(
    *,
    blocks: Iterable[bytes],
    file_name: str,
    contact_list: ContactList,
    policy: str = ImportPolicy.OVERWRITE,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    header_line: int | None = None,
    by: Any = None,
) -> ContactImport:
    """Store a file, detect its layout and guess its mapping; nothing is loaded yet.

    Args:
        blocks: the file's bytes, e.g. `UploadedFile.chunks()`.
        file_name: the name of the file on the operator's computer.
        contact_list: the list that the people are added to.
        policy: an ImportPolicy, for people who are contacts already.
        encoding, delimiter, sheet: the layout; empty: detected.
        header_line: the line of the header, 0 for none; None: detected.
        by: the operator.

    Raises:
        Refusal: the file is not a table, or the list is archived; nothing is stored then.
    """
    refuse_archived(contact_list)
    path = store_upload(blocks)
    contact_import = ContactImport(
        contact_list=contact_list,
        policy=policy,
        file_name=Path(file_name).name[:255],
        stored_name=path.name,
        size=path.stat().st_size,
        created_by=by,
    )
    try:
        found = inspect_file(
            path,
            contact_import,
            encoding=encoding,
            delimiter=delimiter,
            sheet=sheet,
            header_line=header_line,
        )
        _take_over(contact_import, found, by=by)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    contact_import.save()
    return contact_import


def correct_layout(
    *,
    contact_import: ContactImport,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    header_line: int | None = None,
) -> Inspection:
    """Change the layout with which the file is read, and guess the mapping again.

    Args:
        contact_import: an import that has not been started.
        encoding, delimiter, sheet: the layout; empty: detected.
        header_line: the line of the header, 0 for none; None: detected.

    Raises:
        Refusal: the file cannot be read with this layout, or the import has been started.
    """
    _refuse_started(contact_import)
    found = inspect_file(
        stored_file(contact_import),
        contact_import,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        header_line=header_line,
    )
    _take_over(contact_import, found, by=contact_import.created_by)
    contact_import.save()
    return found


def correct_mapping(
    *,
    contact_import: ContactImport,
    mapping: Sequence[str] | None = None,
    choices: Mapping[str, str] | None = None,
) -> None:
    """Set the meanings of all columns, or of some of them by title.

    Args:
        contact_import: an import that has not been started.
        mapping: for each column "uin", "name", "attribute:<name>" or "".
        choices: see `contacts.imports.columns.apply_choices`.

    Raises:
        Refusal: no column is the UIN, two columns have the same meaning, the file has no such
            title, an attribute's name cannot be one, or the import has been started.
    """
    _refuse_started(contact_import)
    chosen = list(mapping if mapping is not None else contact_import.mapping)
    if choices:
        chosen = apply_choices(chosen, contact_import.columns, choices)
    chosen = with_stored_names(chosen)
    check_mapping(chosen, contact_import.columns)
    contact_import.mapping = chosen
    names = set(attribute_names(chosen))
    contact_import.types = {n: words for n, words in contact_import.types.items() if n in names}
    contact_import.save(update_fields=["mapping", "types"])
    remember_mapping(columns=contact_import.columns, mapping=chosen, by=contact_import.created_by)


def queue_import(*, contact_import: ContactImport) -> None:
    """Queue an import for the workers. Wake one with `contacts.tasks.wake_import`.

    Raises:
        Refusal: the mapping has no UIN, the encoding is uncertain, the list was deleted, or the
            import has been started before.
    """
    if contact_import.state != ImportState.UPLOADED:
        raise _started_before()
    _refuse_doubts(contact_import)
    check_mapping(contact_import.mapping, contact_import.columns)
    if contact_import.contact_list is None:
        raise Refusal(_("The list of this import has been deleted."), code="no_list")
    # Since the file was uploaded, another import may have brought attributes that look alike.
    contact_import.mapping = with_stored_names(contact_import.mapping, is_guess=True)
    check_mapping(contact_import.mapping, contact_import.columns)
    columns = column_types(contact_import)
    refuse_open_dates(columns)
    types = {name: column.used for name, column in columns.items() if column.used.kind}
    with transaction.atomic():
        moved = ContactImport.objects.filter(
            pk=contact_import.pk, state=ImportState.UPLOADED
        ).transition(
            to=ImportState.QUEUED,
            queued_at=timezone.now(),
            mapping=contact_import.mapping,
            types={name: str(value_type) for name, value_type in types.items()},
        )
        if not moved:
            raise _started_before()
        _record_attributes(contact_import, types)
    contact_import.refresh_from_db()


def _started_before() -> Refusal:
    return Refusal(_("This import has been started before."), code="already_started")


def _record_attributes(contact_import: ContactImport, types: Mapping[str, ValueType]) -> None:
    """Record the attributes of an import with their types; those of people who are here change."""
    names = attribute_names(contact_import.mapping)
    known = set(Attribute.objects.filter(name__in=names).values_list("name", flat=True))
    record_attribute_names(contact_list=contact_import.contact_list, names=names)
    set_attribute_types(types)
    # No person has a new attribute yet, so that there is nothing to read again.
    Attribute.objects.filter(name__in=set(names) - known).update(read_up_to=None)


def cancel_import(*, contact_import: ContactImport) -> None:
    """Stop an import. Loaded chunks stay, and can be taken back; the current one is rolled back.

    Raises:
        Refusal: the import is over already.
    """
    moved = end_imports(
        ContactImport.objects.filter(pk=contact_import.pk),
        to=ImportState.CANCELLED,
        finished_at=timezone.now(),
    )
    contact_import.refresh_from_db()
    if not moved:
        raise Refusal(
            _("This import is over (%(state)s): there is nothing to cancel.")
            % {"state": contact_import.get_state_display()},
            code="not_cancellable",
        )
    remove_upload(contact_import)


def discard_import(*, contact_import: ContactImport) -> None:
    """Delete an import that was never started, and its file.

    Raises:
        Refusal: the import has been started.
    """
    _refuse_started(contact_import)
    remove_upload(contact_import)
    contact_import.delete()


def _refuse_doubts(contact_import: ContactImport) -> None:
    found = readings_of(contact_import)
    if found:
        raise Refusal(
            _(
                "The encoding of the file is uncertain. Choose the one that shows the text "
                "correctly; on the command line: --encoding NAME. %(readings)s"
            )
            % {"readings": "; ".join(f"{name}: {' '.join(lines)[:60]}" for name, lines in found)},
            code="encoding_uncertain",
            encodings=list(contact_import.doubts),
        )


def _take_over(contact_import: ContactImport, found: Inspection, *, by: Any) -> None:
    contact_import.kind = found.layout.kind
    contact_import.encoding = found.layout.encoding
    contact_import.doubts = list(found.layout.doubts)
    contact_import.delimiter = found.layout.delimiter
    contact_import.sheet = found.layout.sheet
    contact_import.header_line = found.header_line
    contact_import.columns = list(found.columns)
    mapping = remembered_mapping(columns=found.columns, by=by) or guess_mapping(
        found.columns, sample=found.sample
    )
    contact_import.mapping = with_stored_names(mapping, is_guess=True)
    contact_import.types = {}


def _refuse_started(contact_import: ContactImport) -> None:
    if contact_import.state != ImportState.UPLOADED:
        raise Refusal(_("This import has been started: upload the file again."), code="started")
