"""What uses labels: found by the relations to them, so that no app above needs to be known."""

from __future__ import annotations

from typing import Any

from foundation.deletion import Uses, quoted_names, register_uses_finder
from foundation.sentences import Sentence as _
from labels.models import Label


def labelled_rows(label: Label) -> list[tuple[str, Any]]:
    """Return the rows that have a label, as (plural name of the model, queryset)."""
    found: list[tuple[str, Any]] = []
    for relation in Label._meta.related_objects:
        model: Any = relation.related_model
        is_of_history = hasattr(model, "history_id")
        if relation.many_to_many and relation.remote_field.name == "labels" and not is_of_history:
            rows = model._default_manager.filter(labels=label)
            found.append((str(model._meta.verbose_name_plural), rows))
    return found


def uses_of_label(label: Label) -> Uses:
    """Return the rows that lose a label with its deletion."""
    losing = [
        _("It is taken off these %(kind)s: %(names)s.")
        % {"kind": kind, "names": quoted_names(rows.order_by("pk"))}
        for kind, rows in labelled_rows(label)
        if rows.exists()
    ]
    return Uses(losing=tuple(losing or [_("Nothing has this label.")]))


def register_uses() -> None:
    """Register what this app knows about the uses of labels."""
    register_uses_finder(Label, uses_of_label)
