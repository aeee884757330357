"""What was different before and after an act, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models

from audit.models import LONGEST_NAME, Kind
from audit.recorder import Recorder, Touched, names_of
from audit.values import is_secret, is_told, plain
from audit.writes import DELETE, INSERT, UPDATE
from foundation.masks import MASK

KIND_OF = {INSERT: Kind.ADDED, UPDATE: Kind.CHANGED, DELETE: Kind.DELETED}


@dataclass(frozen=True, slots=True)
class Change:
    """A row that differs: its model, key and name, and the columns before and after."""

    kind: Kind
    model: type[models.Model]
    key: Any
    name: str
    before: dict[str, Any]
    after: dict[str, Any]


def changes_of(recorder: Recorder) -> list[Change]:
    """Return what an act changed, in the order in which it first touched the rows.

    The rows are compared with what they are now: what was rolled back is no change.
    """
    found: list[Change] = []
    for model, rows in recorder.touched.items():
        told = {} if model in recorder.crowded else rows
        if not told:
            continue
        now = {row.pk: row for row in model._base_manager.filter(pk__in=list(told))}
        for key, touched in told.items():
            change = _change_of(model, key, touched, now.get(key))
            if change is not None:
                found.append(change)
    return found


def counts_of(recorder: Recorder, told: list[Change]) -> dict[str, dict[str, int]]:
    """Return how many rows were written that `told` does not tell, by table and kind."""
    one_by_one = {change.model for change in told}
    counts: dict[str, dict[str, int]] = {}
    for (model, kind), rows in recorder.counted.items():
        if rows and model not in one_by_one:
            counts.setdefault(model._meta.label_lower, {})[KIND_OF[kind].value] = rows
    return counts


def _change_of(model: Any, key: Any, touched: Touched, now: Any) -> Change | None:
    before = touched.before
    if before is None and now is None:
        return None  # added and rolled back, or deleted again
    name = (str(now) if now is not None else touched.name)[:LONGEST_NAME]
    if before is None:
        after = {k: v for k, v in _values(now, set()).items() if v not in (None, "", [], {})}
        after.update({one: names for one, names in _related(now).items() if names})
        return Change(Kind.ADDED, model, key, name, {}, after)
    if now is None:
        return Change(Kind.DELETED, model, key, name, _values(before, set()), {})
    old, new = _differing(before, now, touched.columns)
    for field, names in touched.related.items():
        current = names_of(now, field)
        if current != names:
            old[field], new[field] = names, current
    return Change(Kind.CHANGED, model, key, name, old, new) if old or new else None


def _differing(before: Any, now: Any, columns: set[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the columns that differ, with both values; a secret as a mask in both."""
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for field in before._meta.concrete_fields:
        if not is_told(field) or (columns and field.column not in columns):
            continue
        was, is_now = getattr(before, field.attname), getattr(now, field.attname)
        if was != is_now:
            old[field.name], new[field.name] = _shown(field, was), _shown(field, is_now)
    return old, new


def _values(row: Any, columns: set[str]) -> dict[str, Any]:
    return {
        field.name: _shown(field, getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if is_told(field) and (not columns or field.column in columns)
    }


def _shown(field: Any, value: Any) -> Any:
    if is_secret(field):
        return MASK if value not in (None, "", b"") else ""
    return plain(value)


def _related(row: Any) -> dict[str, list[str]]:
    if row._meta.auto_created:
        return {}
    return {field.name: names_of(row, field.name) for field in row._meta.many_to_many}
