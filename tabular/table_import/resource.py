"""The base of resources that are imported: a django-import-export resource that plans and writes.

The library loops over the rows and sorts them into new, changed, unchanged and invalid. For a
preview, too, the library saves each row and rolls back at the end. Here a preview writes nothing
and takes no lock, so the ledger does not wait for it.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from import_export.resources import ModelResource
from import_export.results import RowResult

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from tabular.numbers import CellProblem
from tabular.table_import.columns import TableColumn

logger = logging.getLogger(__name__)

NEW, CHANGED, UNCHANGED, WRONG = "new", "changed", "unchanged", "wrong"
_KINDS = {
    RowResult.IMPORT_TYPE_NEW: NEW,
    RowResult.IMPORT_TYPE_UPDATE: CHANGED,
    RowResult.IMPORT_TYPE_SKIP: UNCHANGED,
}


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What an import does with a row.

    Attributes:
        line: the row's line in the file.
        kind: new, changed, unchanged or wrong.
        label: what identifies the row.
        changes: (title, before, after) of each value that is set.
        problems: (title or "", sentence) of each error.
    """

    line: int
    kind: str
    label: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    problems: tuple[tuple[str, str], ...] = ()


class TableResource(ModelResource):
    """A resource whose files can be imported. One instance plans one file."""

    #: The columns that an import reads. A file may leave out all but the keys.
    columns: tuple[TableColumn, ...] = ()
    #: The most rows of a file in the browser.
    most_rows: ClassVar[int] = 2_000
    #: Whether the database's conditions on several columns are checked: a query a row.
    checks_constraints: ClassVar[bool] = False

    class Meta:
        use_bulk = True
        batch_size = None
        skip_diff = True
        report_skipped = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.outcomes: list[RowOutcome] = []
        #: (row, the attributes that the file changes) of each changed row.
        self.changed: list[tuple[Any, list[str]]] = []
        self.new: list[Any] = []
        self.keys: list[Hashable] = []
        self._titles: dict[str, str] = {}
        self._lines: list[int] = []
        self._problems: list[str] = []
        self._parsed: list[tuple[dict[str, Any], dict[str, str]]] = []
        self._known: dict[Hashable, Any] = {}
        self._seen: dict[Hashable, int] = {}
        self._number = 0
        self._changes: list[tuple[str, str, str]] = []
        self._targets: list[str] = []

    # --- what the resource of a table says -------------------------------------------------------

    def key_of(self, values: Mapping[str, Any]) -> Hashable:
        """Return what identifies a row, given its values by field."""
        raise NotImplementedError

    def find_known(self, keys: Sequence[Hashable], *, is_locked: bool = False) -> dict[Any, Any]:
        """Return the existing rows of the keys; with `is_locked` nothing else may change them."""
        raise NotImplementedError

    def columns_for(self, titles: Sequence[str]) -> Sequence[TableColumn]:
        """Return the columns that a file with these titles may have, and keep them as `columns`."""
        return self.columns

    def refuse_new(self, values: Mapping[str, Any]) -> None:
        """Refuse a row that does not exist yet, for tables that are only changed.

        Raises:
            ValidationError: it is refused.
        """

    def check(self, instance: Any) -> None:
        """Check what the form checks beyond each value.

        Raises:
            Refusal, ValidationError: the row cannot be saved.
        """

    def write(self, new: Sequence[Any], changed: Sequence[tuple[Any, list[str]]], by: Any) -> None:
        """Write the rows, in the caller's transaction.

        Args:
            new: rows to create.
            changed: (row, the attributes that change).
            by: the operator.
        """
        for instance in new:
            self.create(instance, by)
        for instance, targets in changed:
            stamps = [f.name for f in instance._meta.fields if getattr(f, "auto_now", False)]
            instance.save(update_fields=[*targets, *stamps])

    def create(self, instance: Any, by: Any) -> None:
        """Create one row."""
        instance.save(force_insert=True)

    @property
    def values(self) -> dict[str, Any]:
        """The values of the row that is planned, by field."""
        return self._parsed[self._number][0]

    # --- planning --------------------------------------------------------------------------------

    def plan(
        self, dataset: Any, *, lines: list[int], problems: list[str], titles: dict[str, str]
    ) -> None:
        """Fill `outcomes`, `new` and `changed` from the rows of a file; write nothing."""
        self._lines, self._problems, self._titles = lines, problems, titles
        self._read(dataset)
        # Not `import_data`, which wraps a dry run in a transaction: on SQLite that locks out all
        # writers, the ledger among them.
        result = self.import_data_inner(dataset, True, False, False, False)
        for error in result.base_errors:
            raise error.error

    def fingerprint(self, *, is_locked: bool = False) -> list[list[Any]]:
        """Return the values that the file's rows have in the database now."""
        known = self.find_known(self.keys, is_locked=is_locked)
        return [self._state(known.get(key)) for key in self.keys]

    def _state(self, instance: Any) -> list[Any]:
        if instance is None:
            return []
        return [instance.pk, *(self._shown(column, instance) for column in self.columns)]

    def _read(self, dataset: Any) -> None:
        """Read every cell, and find the rows that exist already in a few queries."""
        readers = {column.field: column for column in self.columns}
        for number, cells in enumerate(dataset):
            values: dict[str, Any] = {}
            errors: dict[str, str] = {}
            if self._problems[number]:
                errors[NON_FIELD_ERRORS] = self._problems[number]
            for field, cell in zip(dataset.headers, cells, strict=True):
                try:
                    values[field] = readers[field].read(cell)
                except CellProblem as problem:
                    errors[field] = problem.reason
            self._parsed.append((values, errors))
        self.keys = list(
            dict.fromkeys(self.key_of(values) for values, errors in self._parsed if not errors)
        )
        self._known = self.find_known(self.keys)

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> Any:
        """Import a row as the library does, and note the outcome."""
        self._number = kwargs["row_number"] - 1
        self._changes, self._targets = [], []
        result = super().import_row(row, instance_loader, **kwargs)
        for error in result.errors:
            logger.error("A row of a table cannot be imported", exc_info=error.error)
        self.outcomes.append(self._outcome(result))
        return result

    def _outcome(self, result: Any) -> RowOutcome:
        line = self._lines[self._number]
        if result.validation_error is not None:
            return RowOutcome(line, WRONG, problems=tuple(self._said(result.validation_error)))
        if result.errors:
            return RowOutcome(line, WRONG, problems=(("", _("cannot be read")),))
        changes = tuple(self._changes)
        return RowOutcome(line, _KINDS[result.import_type], result.object_repr or "", changes)

    def _said(self, error: ValidationError) -> Iterable[tuple[str, str]]:
        if not hasattr(error, "error_dict"):
            yield from (("", message) for message in error.messages)
            return
        fields = {column.target: column.field for column in self.columns}
        for name, messages in error.message_dict.items():
            field = fields.get(name, name)
            title = "" if name == NON_FIELD_ERRORS else self._titles.get(field, field)
            yield from ((title, message) for message in messages)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Refuse a row with an unreadable cell, or one that occurred before in the file."""
        values, errors = self._parsed[self._number]
        if errors:
            raise ValidationError({name: [str(reason)] for name, reason in errors.items()})
        first = self._seen.setdefault(self.key_of(values), self._lines[self._number])
        if first != self._lines[self._number]:
            raise ValidationError(_("duplicate of line %(line)d") % {"line": first})

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Any, bool]:
        """Return the existing row and False, or a new one and True."""
        values, _errors = self._parsed[self._number]
        known = self._known.get(self.key_of(values))
        if known is not None:
            return known, False
        self.refuse_new(values)
        missing = {
            column.field: [str(_("blank"))]
            for column in self.columns
            if column.is_needed and column.field not in values
        }
        if missing:
            raise ValidationError(missing)
        return self.init_instance(row), True

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """Set the values that differ."""
        values, _errors = self._parsed[self._number]
        is_new = instance._state.adding
        for column in self.columns:
            if column.field not in values or (column.is_key and not is_new):
                continue
            value = values[column.field]
            before = "" if is_new else self._shown(column, instance)
            # A stored sentence is exported as text, and a reader drops the blanks around a cell:
            # equal text is not a change.
            is_same = getattr(instance, column.target, None) == value
            is_same = is_same or column.are_same(before.strip(), str(value).strip())
            if is_same and not is_new:
                continue
            setattr(instance, column.target, value)
            after = self._shown(column, instance)
            if before != after:
                self._changes.append((self._titles[column.field], before, after))
            self._targets.append(column.target)

    def skip_row(self, instance: Any, original: Any, row: Any, errors: Any = None) -> bool:
        """Return whether the row is as it should be already."""
        return not instance._state.adding and not self._targets

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """Check a row as the form does."""
        mine = {column.target for column in self.columns}
        exclude = {
            field.name
            for field in instance._meta.fields
            if field.name not in mine or field.is_relation
        }
        instance.full_clean(
            exclude=exclude, validate_unique=False, validate_constraints=self.checks_constraints
        )
        try:
            self.check(instance)
        except Refusal as refusal:
            raise ValidationError(refusal.sentence) from None

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Keep the row for `write`."""
        if is_create:
            self.new.append(instance)
        else:
            self.changed.append((instance, list(self._targets)))

    def save_m2m(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """Do nothing: no table has such a column."""

    def _shown(self, column: TableColumn, instance: Any) -> str:
        """Return the text of a cell as an export writes it."""
        value = self.export_field(self.fields[column.field], instance)
        return "" if value is None else str(value)
