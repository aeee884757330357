"""The services that create labels, find them, and put them on rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.find_named import find_named
from foundation.names import name_key
from foundation.refusals import Refusal
from labels.models import Label, LabelColour

#: Rows that get labels in one transaction: on SQLite other writers wait for it.
CHUNK = 100


def create_label(*, name: str, colour: str = LabelColour.GREY, by: Any = None) -> Label:
    """Create a label.

    Args:
        name: a name that no other label has.
        colour: a LabelColour.
        by: the operator, for the history.

    Raises:
        Refusal: the name is taken or cannot be one, or the colour is unknown (`colour_unknown`).
    """
    if colour not in LabelColour.values:
        raise Refusal(
            _("There is no colour “%(colour)s”: choose %(known)s.")
            % {"colour": colour, "known": ", ".join(LabelColour.values)},
            code="colour_unknown",
        )
    label: Any = Label(name=name, colour=colour)
    label.set_name()
    label.refuse_twin()
    if by is not None:
        label._history_user = by
    label.save()
    made: Label = label
    return made


def find_labels(*, names: Sequence[str]) -> list[Label]:
    """Return the labels of these names, each once.

    Raises:
        Refusal: one of the names is unknown (`label_unknown`).
    """
    found: dict[int, Label] = {}
    for name in names:
        missing = _("There is no label “%(name)s”.")
        label = find_named(Label, name, missing=missing, code="label_unknown")
        found[label.pk] = label
    return list(found.values())


def labels_named(names: Iterable[str], *, by: Any = None) -> list[Label]:
    """Return the labels of these names; those that do not exist yet are created.

    Raises:
        Refusal: one cannot be a label's name.
    """
    found: dict[str, Label] = {}
    for name in names:
        key = name_key(name)
        if key not in found:
            found[key] = Label.objects.all().named(name) or create_label(name=name, by=by)
    return list(found.values())


def add_labels(*, rows: Iterable[Any], labels: Sequence[Label]) -> int:
    """Put labels on rows; return how many rows did not have all of them.

    Rows keep their other labels.
    """
    return _each(rows, lambda row: _add(row, labels))


def remove_labels(*, rows: Iterable[Any], labels: Sequence[Label]) -> int:
    """Take labels off rows; return how many rows had one of them."""
    return _each(rows, lambda row: _remove(row, labels))


def _add(row: Any, labels: Sequence[Label]) -> bool:
    missing = {label.pk for label in labels} - set(row.labels.values_list("pk", flat=True))
    row.labels.add(*sorted(missing))
    return bool(missing)


def _remove(row: Any, labels: Sequence[Label]) -> bool:
    had = {label.pk for label in labels} & set(row.labels.values_list("pk", flat=True))
    row.labels.remove(*sorted(had))
    return bool(had)


def _each(rows: Iterable[Any], change: Any) -> int:
    """Change the rows, each with an entry of its own in its history; return how many changed."""
    changed, waiting = 0, list(rows)
    for first in range(0, len(waiting), CHUNK):
        with transaction.atomic():
            changed += sum(change(row) for row in waiting[first : first + CHUNK])
    return changed
