"""Erases a person from what is kept about operators' work: imports, segments, histories, logs.

Their own rows are erased by the packages that keep them (`contacts.people.erase`). Here a UIN
stands in texts and values that somebody wrote: it is replaced by 0, and the rest stays.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.db.models import CharField, JSONField, Model, Q, TextField
from django.db.models.functions import Cast

from contacts.imports.files import rejects_file, rejects_of, replace_private
from contacts.models import Contact, ContactImport, Segment
from contacts.people.erase import register_eraser
from contacts.states import ImportState

#: What stands in place of the UIN.
NOBODY = "0"
_AT_WORK = (ImportState.QUEUED, ImportState.RUNNING)


def erase(contact: Contact) -> None:
    """Replace a person's UIN wherever it was written, and drop the rejected rows that name it."""
    name = re.compile(rf"(?<![0-9]){contact.uin}(?![0-9])")
    models: list[type[Model]] = [Segment, ContactImport, LogEntry, *_histories()]
    for model in models:
        _erase_from_table(model, contact.uin, name)
    _erase_from_rejects(name)
    cache.clear()  # of this process; the others keep figures for seconds


def register() -> None:
    """Register it with contacts."""
    register_eraser(erase)


def _histories() -> Iterator[type[Model]]:
    """Yield the tables in which `simple_history` keeps earlier states of rows."""
    for model in apps.get_models():
        if hasattr(model, "history_id") or any(
            field.name == "history_id" for field in model._meta.fields
        ):
            yield model


def _erase_from_table(model: type[Model], uin: int, name: re.Pattern[str]) -> None:
    columns = [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, TextField | JSONField | CharField) and not field.choices
    ]
    texts = {f"{column}_as_text": Cast(column, TextField()) for column in columns}
    names_it = Q()
    for text in texts:
        names_it |= Q(**{f"{text}__contains": str(uin)})
    if not columns:
        return
    rows = model._default_manager.annotate(**texts).filter(names_it)
    for row in rows.only("pk", *columns):
        changed = {
            column: cleaned
            for column in columns
            if (cleaned := _without(getattr(row, column), name)) != getattr(row, column)
        }
        if changed:
            model._default_manager.filter(pk=row.pk).update(**changed)


def _without(value: Any, name: re.Pattern[str]) -> Any:
    """Return a text, or the JSON that holds it, without the UIN."""
    if isinstance(value, str):
        return name.sub(NOBODY, value)
    if isinstance(value, dict):
        return {key: _without(part, name) for key, part in value.items()}
    if isinstance(value, list):
        return [_without(part, name) for part in value]
    if isinstance(value, int) and not isinstance(value, bool) and name.fullmatch(str(value)):
        return int(NOBODY)
    return value


def _erase_from_rejects(name: re.Pattern[str]) -> None:
    """Drop the rows that name the person from the files of rejected rows."""
    # An import that runs still writes its file. Its rows are removed with the file, after days.
    written = {rejects_file(row).name for row in ContactImport.objects.filter(state__in=_AT_WORK)}
    for path in rejects_of():
        if path.name in written:
            continue
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            continue
        if not name.search(text):
            continue
        rows = csv.reader(io.StringIO(text, newline=""))
        kept = [row for row in rows if not any(name.search(cell) for cell in row)]
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\r\n").writerows(kept)
        replace_private(path, out.getvalue().encode("utf-8-sig"))
