"""What uses labels: found by the relations to them, so that no app above needs to be known."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from foundation.deletion import Uses, quoted_names, register_uses_finder
from foundation.sentences import Sentence as _
from labels.models import Label


def labelled_rows(label: Label) -> list[tuple[str, Any]]:
    """Return the rows that have a label, as (plural name of the model, queryset)."""
    return [
        (str(model._meta.verbose_name_plural), model._default_manager.filter(labels=label))
        for model in _labelled_models()
    ]


def with_counts(labels: QuerySet[Label]) -> QuerySet[Label]:
    """Return labels with the number of rows of each model that have them, for `counts_of`."""
    counts = {}
    for model in _labelled_models():
        rows = model._default_manager.filter(labels=OuterRef("pk")).order_by().values("labels")
        counted = rows.annotate(n=Count("pk")).values("n")
        counts[_count_name(model)] = Coalesce(Subquery(counted), 0)
    return labels.annotate(**counts)


def counts_of(label: Any) -> list[tuple[Any, int]]:
    """Return each model and how many of its rows have a label that `with_counts` read."""
    return [(model, getattr(label, _count_name(model))) for model in _labelled_models()]


def _count_name(model: Any) -> str:
    return f"count_{model._meta.label_lower.replace('.', '_')}"


def _labelled_models() -> list[Any]:
    """Return the models whose rows have labels."""
    return [
        relation.related_model
        for relation in Label._meta.related_objects
        if relation.many_to_many and relation.remote_field.name == "labels"
    ]


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
