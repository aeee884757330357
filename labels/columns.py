"""The column of labels in tables: several in a cell, separated by semicolons or commas."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from django.db.models import prefetch_related_objects
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


def has_other_labels(row: Any, cell: str | None) -> bool:
    """Return whether a file gives a row other labels than it has; None: it gives none at all."""
    return cell is not None and not are_same_labels(
        cell, joined(label.name for label in row.labels.all())
    )


def set_labels(rows: Iterable[tuple[Any, str | None]], *, by: Any = None) -> None:
    """Give rows exactly the labels of their cells; unknown ones are created.

    Args:
        rows: each row with its cell as it was read; None leaves its labels as they are.
        by: the operator.
    """
    given = [
        (row, [name for name in cell.split("; ") if name]) for row, cell in rows if cell is not None
    ]
    found = labels_named([name for _row, names in given for name in names], by=by)
    by_key = {label.name_key: label for label in found}
    for row, names in given:
        row.labels.set([by_key[name_key(name)] for name in names])


LABELS = TableColumn(
    "labels",
    read_labels,
    attribute=LABEL_NAMES,
    titles=("labels", "label", "tags", "标签", "標籤"),
    are_same=are_same_labels,
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

    def find_known(self, keys: Sequence[Hashable], *, is_locked: bool = False) -> dict[Any, Any]:
        """Return the rows with their labels, which every row is compared by."""
        found = super().find_known(keys, is_locked=is_locked)
        prefetch_related_objects(list(found.values()), "labels")
        return found

    def write(self, new: Sequence[Any], changed: Sequence[tuple[Any, list[str]]], by: Any) -> None:
        """Write the rows and then their labels."""
        plain = [(row, [name for name in names if name != LABEL_NAMES]) for row, names in changed]
        self.write_rows(new, [pair for pair in plain if pair[1]], by)
        labelled = [*new, *(row for row, names in changed if LABEL_NAMES in names)]
        set_labels(((row, getattr(row, LABEL_NAMES, None)) for row in labelled), by=by)

    def write_rows(
        self, new: Sequence[Any], changed: Sequence[tuple[Any, list[str]]], by: Any
    ) -> None:
        """Write the rows without their labels; see `TableResource.write`."""
        super().write(new, changed, by)
