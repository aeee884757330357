"""Services: plan the import of a small table, and write the plan."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from foundation.refusals import Refusal
from foundation.sentences import Sentence
from foundation.sentences import Sentence as _
from tabular.table_import.resource import CHANGED, NEW, UNCHANGED, WRONG, RowOutcome, TableResource
from tabular.table_import.table_file import FileLayout, read_table


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do; nothing is written yet.

    Attributes:
        resource: holds the rows to write.
        outcomes: what happens to each row of the file.
        counts: kind -> number of rows.
        left_out: titles of columns that are not imported.
        sheet: the sheet that was read; empty for a text file.
        state: a digest of what the rows were in the database when the plan was made.
    """

    resource: TableResource
    outcomes: list[RowOutcome]
    counts: dict[str, int]
    left_out: list[str]
    sheet: str
    state: str

    @property
    def is_writable(self) -> bool:
        """Whether no row is wrong and some row changes something."""
        return not self.counts[WRONG] and bool(self.counts[NEW] or self.counts[CHANGED])


def plan_import(
    *,
    resource: TableResource,
    path: Path,
    name: str,
    layout: FileLayout | None = None,
    most_rows: int | None = None,
) -> ImportPlan:
    """Read a file, compare it with the database and return the plan; write nothing.

    Args:
        resource: a new instance of the table's resource.
        path: the file.
        name: the name that the operator gave it.
        layout: what the operator says about its layout; None: detect all of it.
        most_rows: the most rows; None: the resource's limit.

    Raises:
        Refusal: the file cannot be read as this table.
    """
    file = read_table(
        path,
        name=name,
        layout=layout or FileLayout(),
        columns=resource.columns_for,
        most_rows=most_rows or resource.most_rows,
    )
    resource.plan(file.dataset, lines=file.lines, problems=file.problems, titles=file.titles)
    counted = Counter(outcome.kind for outcome in resource.outcomes)
    return ImportPlan(
        resource=resource,
        outcomes=resource.outcomes,
        counts={kind: counted[kind] for kind in (NEW, CHANGED, UNCHANGED, WRONG)},
        left_out=file.left_out,
        sheet=file.sheet,
        state=_digest(resource.fingerprint()),
    )


def write_import(*, plan: ImportPlan, by: Any = None) -> None:
    """Write a plan: all of it, in one transaction, or nothing.

    Args:
        plan: the plan; it can be written once.
        by: the operator.

    Raises:
        Refusal: a row is wrong (`rows_wrong`), or a row changed after the plan was made
            (`changed_meanwhile`).
    """
    if plan.counts[WRONG]:
        raise Refusal(
            _("Rows with errors: %(count)d. Nothing was imported.") % {"count": plan.counts[WRONG]},
            code="rows_wrong",
        )
    try:
        with transaction.atomic():
            if _digest(plan.resource.fingerprint(is_locked=True)) != plan.state:
                raise changed_meanwhile()
            plan.resource.write(plan.resource.new, plan.resource.changed, by)
    except IntegrityError:
        raise changed_meanwhile() from None


def counted(plan: ImportPlan, *, name: str) -> Sentence:
    """Return the sentence of the audit trail about an import.

    Args:
        plan: the plan that was written.
        name: the name of the file.
    """
    said = _("%(file)s is imported: %(new)d new, %(changed)d changed, %(unchanged)d unchanged.")
    return said % {"file": name, **plan.counts}


def changed_meanwhile() -> Refusal:
    """Return the refusal of a plan whose rows changed in the database."""
    return Refusal(
        _(
            "Rows of the file were changed here in the meantime, so nothing was imported. Look at "
            "the differences again."
        ),
        code="changed_meanwhile",
    )


def _digest(state: Any) -> str:
    return hashlib.sha256(json.dumps(state, default=str).encode()).hexdigest()
