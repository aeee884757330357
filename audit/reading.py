"""Entries of the audit trail for people to read, in the active language."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.models import AuditChange, AuditEntry, Kind
from foundation.differences import DifferentLine, differences
from foundation.display import EMPTY
from foundation.times import utc_iso

#: What an act was, by its verb. Other verbs are shown as they are.
VERBS: dict[str, Any] = {
    "add": gettext_lazy("Added"),
    "change": gettext_lazy("Changed"),
    "delete": gettext_lazy("Deleted"),
    "delete_selected": gettext_lazy("Deleted"),
    "restore": gettext_lazy("Restored"),
    "export": gettext_lazy("Taken out"),
    "sign_in": gettext_lazy("Signed in"),
    "sign_out": gettext_lazy("Signed out"),
    "sign_in_failed": gettext_lazy("Failed to sign in"),
}
#: A value with more characters is compared line by line.
LONGEST_LINE = 80


@dataclass(frozen=True, slots=True)
class Line:
    """One column of a changed row, before and after, for people to read."""

    label: str
    before: str
    after: str
    lines: list[DifferentLine]


def verb_words(verb: str) -> str:
    """Return what an act was."""
    return str(VERBS.get(verb, verb))


def kind_of(label: str) -> str:
    """Return what rows of a table are called."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label  # of an app that is not installed any more


def told(entry: AuditEntry) -> str:
    """Return what was done, in one line."""
    parts = [verb_words(entry.verb)]
    if entry.object_type:
        name = f"“{entry.object_name}”" if entry.object_name else ""
        parts.append(f"{kind_of(entry.object_type)} {name}".strip())
    elif entry.facts.get("taken_out"):
        parts.append(kind_of(str(entry.facts["taken_out"])))
    said = ": ".join(parts)
    return f"{said}. {entry.sentence}" if entry.sentence else said


def facts_of(entry: AuditEntry) -> list[tuple[str, str]]:
    """Return the further facts of an entry, with their labels."""
    words = {
        "taken_out": _("taken out"),
        "format": _("format"),
        "rows": _("rows"),
        "file": _("file"),
    }
    found = []
    for name, value in entry.facts.items():
        if name == "rows" and isinstance(value, dict):
            value = _counted(value)
        found.append((str(words.get(name, name)), _in_words(value)))
    return found


def lines_of(change: AuditChange) -> list[Line]:
    """Return the columns of a changed row."""
    found = []
    for name in dict.fromkeys([*change.before, *change.after]):
        before, after = (_in_words(one.get(name)) for one in (change.before, change.after))
        is_long = "\n" in before + after or max(len(before), len(after)) > LONGEST_LINE
        plain = ["" if text == EMPTY else text for text in (before, after)]
        lines = differences(*plain) if is_long and change.kind == Kind.CHANGED else []
        found.append(Line(_label(change.object_type, name), before, after, lines))
    return found


def _label(label: str, name: str) -> str:
    try:
        field: Any = apps.get_model(label)._meta.get_field(name)
    except Exception:  # a column of an earlier version
        return name
    return capfirst(str(getattr(field, "verbose_name", name)))


def _counted(counts: dict[str, dict[str, int]]) -> str:
    kinds = dict(Kind.choices)
    return "; ".join(
        f"{kind_of(label)}: " + ", ".join(f"{n} {kinds.get(kind, kind)}" for kind, n in of.items())
        for label, of in counts.items()
    )


def _in_words(value: Any) -> str:
    if value is None or value == "" or value == [] or value == {}:
        return EMPTY
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, indent=1)
    if isinstance(value, list):
        return ", ".join(_in_words(one) for one in value)
    return str(value)


def as_data(entry: AuditEntry, changes: Iterable[AuditChange]) -> dict[str, Any]:
    """Return an entry as JSON has it."""
    return {
        "id": entry.pk,
        "request": entry.key,
        "at": utc_iso(entry.at),
        "user_id": entry.user_id,
        "who": entry.who,
        "channel": entry.channel,
        "address": entry.address,
        "verb": entry.verb,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "object_name": entry.object_name,
        "sentence": str(entry.sentence),
        "facts": entry.facts,
        "changes": [
            {
                "kind": one.kind,
                "object_type": one.object_type,
                "object_id": one.object_id,
                "object_name": one.object_name,
                "before": one.before,
                "after": one.after,
            }
            for one in changes
        ],
    }
