"""Erasing a person from the trail: that something was done stays, to whom does not."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from django.db import models
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from audit.models import AuditChange, AuditEntry
from audit.permits import permitted
from foundation.acts import current_act

#: What stands in place of a value of an erased person.
ERASED = "(erased)"
#: Entries that are read at once.
CHUNK = 500


def erase_values(*, object_type: str, object_id: str, number: str) -> None:
    """Replace a person's name and values in all entries, also in that of the current act.

    Args:
        object_type: the label of the person's rows, "contacts.contact".
        object_id: the key of the person's row.
        number: the person's UIN. In entries about other rows it is replaced wherever it stands.
    """
    erase = partial(_erase, object_type=object_type, object_id=object_id, number=number)
    erase()
    act = current_act()
    if act is not None:
        act.afterwards.append(erase)


def _erase(*, object_type: str, object_id: str, number: str) -> None:
    whole = re.compile(rf"(?<!\d){re.escape(number)}(?!\d)")
    own = Q(object_type=object_type, object_id=str(object_id))
    with permitted(purpose="erase"):
        changes = _naming(AuditChange.objects, number, own, {"before", "after"})
        for change in changes.iterator(CHUNK):
            is_own = change.object_type == object_type and change.object_id == str(object_id)
            _forget_change(change, whole, is_own=is_own)
        entries = _naming(AuditEntry.objects, number, own, {"facts"}, "sentence")
        for entry in entries.iterator(CHUNK):
            is_own = entry.object_type == object_type and entry.object_id == str(object_id)
            entry.object_name = ERASED if is_own else whole.sub(ERASED, entry.object_name)
            # A sentence about the person may have the name as well.
            entry.sentence = "" if is_own or whole.search(entry.sentence) else entry.sentence
            entry.facts = _without(entry.facts, whole)
            AuditEntry.objects.filter(pk=entry.pk).update(
                object_name=entry.object_name, sentence=entry.sentence, facts=entry.facts
            )


def _naming(
    rows: Any, number: str, own: Q, documents: set[str], *texts: str
) -> models.QuerySet[Any]:
    """Return the rows about the person, and those with their number in a name, text or document."""
    as_text = {f"{name}_text": Cast(name, TextField()) for name in documents}
    found = own
    for name in ("object_name", *texts, *as_text):
        found |= Q(**{f"{name}__contains": number})
    return rows.annotate(**as_text).filter(found)  # type: ignore[no-any-return]


def _forget_change(change: AuditChange, whole: re.Pattern[str], *, is_own: bool) -> None:
    if is_own:
        values = [dict.fromkeys(one, ERASED) for one in (change.before, change.after)]
        name = ERASED
    else:
        values = [_without(one, whole) for one in (change.before, change.after)]
        name = ERASED if whole.search(change.object_name) else change.object_name
    AuditChange.objects.filter(pk=change.pk).update(
        object_name=name, before=values[0], after=values[1]
    )


def _without(value: Any, whole: re.Pattern[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(one, whole) for key, one in value.items()}
    if isinstance(value, list):
        return [_without(one, whole) for one in value]
    if isinstance(value, str | int) and not isinstance(value, bool) and whole.search(str(value)):
        return ERASED
    return value
