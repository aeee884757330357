"""The column of labels in tables: several in a cell, separated by semicolons or commas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from import_export.fields import Field

from foundation.names import clean_name, name_key
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from labels.labelling import labels_named
from labels.models import SEPARATORS
from tabular import CellProblem
from tabular.table_import.columns import TableColumn
from tabular.table_import.resource import TableResource

#: The attribute of a row that holds the labels a file gives it, as `read_labels` writes them.
LABEL_NAMES = "label_names"
#: The most labels in a cell.
MOST_LABELS = 20
_SEPARATOR = re.compile(f"[{SEPARATORS}]")


def read_labels(cell: str) -> str:
    """Return the labels in a cell, each once, separated by "; ", in alphabetical order.

    Raises:
        CellProblem: one cannot be a label's name, or there are too many.
    """
    found: dict[str, str] = {}
    for part in _SEPARATOR.split(cell):
        if not part.strip():
            continue
        try:
            name = clean_name(part)
        except Refusal as refusal:
            # Without the full stop, like every reason of a cell.
            raise CellProblem(refusal.sentence.rstrip(".。")) from None
        found.setdefault(name_key(name), name)
    if len(found) > MOST_LABELS:
        raise CellProblem(_("more than %(most)d labels") % {"most": MOST_LABELS})
    return joined(found.values())


def joined(names: Iterable[str]) -> str:
    """Return names as a cell holds them."""
    return "; ".join(sorted(names))


def are_same_labels(first: str, second: str) -> bool:
    """Return whether two cells that were read name the same labels, without case and width."""
    one, other = ({name_key(name) for name in cell.split("; ") if name} for cell in (first, second))
    return one == other


def set_labels(row: Any, cell: str, *, by: Any = None) -> None:
    """Give a row exactly the labels of a cell that was read; unknown ones are created."""
    row.labels.set(labels_named(cell.split("; ") if cell else (), by=by))


LABELS = TableColumn(
    "labels",
    read_labels,
    attribute=LABEL_NAMES,
    titles=("labels", "label", "tags", "标签", "標籤"),
)


class LabelsField(Field):
    """The labels of a row in an export, or those that a file gives it."""

    def get_value(self, instance: Any) -> str:
        """Return the labels as a cell holds them."""
        given: str | None = getattr(instance, LABEL_NAMES, None)
        if given is not None:
            return given
        if instance.pk is None:
            return ""
        return joined(label.name for label in instance.labels.all())


class LabelledResource(TableResource):
    """A table with the column `labels`. Its class lists LABELS among its columns."""

    labels = LabelsField(column_name="labels")

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        """Read the labels of a page of rows at once."""
        return super().filter_export(queryset, **kwargs).prefetch_related("labels")

    def write(self, new: Sequence[Any], changed: Sequence[tuple[Any, list[str]]], by: Any) -> None:
        """Write the rows and then their labels."""
        plain = [(row, [name for name in names if name != LABEL_NAMES]) for row, names in changed]
        self.write_rows(new, [pair for pair in plain if pair[1]], by)
        for row in [*new, *(row for row, names in changed if LABEL_NAMES in names)]:
            given: str | None = getattr(row, LABEL_NAMES, None)
            if given is not None:
                set_labels(row, given, by=by)

    def write_rows(
        self, new: Sequence[Any], changed: Sequence[tuple[Any, list[str]]], by: Any
    ) -> None:
        """Write the rows without their labels; see `TableResource.write`."""
        super().write(new, changed, by)
