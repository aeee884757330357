"""Files and rows for the tests of imports of small tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from accounts.models import Account
from accounts.states import StateReason
from tabular.table_import.plan import ImportPlan, plan_import
from tabular.table_import.resource import TableResource


def planned(
    resource: type[TableResource], text: str | bytes, folder: Path, **about: Any
) -> ImportPlan:
    """Return the plan of a file with this content."""
    path = folder / "table.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return plan_import(resource=resource(), path=path, name="table.csv", **about)


def problems(plan: ImportPlan) -> list[tuple[int, str, str]]:
    """Return line, column and sentence of each error."""
    return [(row.line, column, str(said)) for row in plan.outcomes for column, said in row.problems]


def make_account(uin: int, **values: Any) -> Account:
    """Create an account."""
    return Account.objects.create(
        uin=uin, credential="d" * 32, state_reason=StateReason.IMPORTED, **values
    )
