"""Files of result policies, exported and imported, and of words and opt-outs, exported."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource

from foundation.sentences import Sentence as _
from sending.models import (
    AccountAction,
    ForbiddenWord,
    OptOut,
    OptOutWord,
    PolicyAction,
    PolicyCommand,
    ResultPolicy,
)
from tabular import CellProblem
from tabular.table_import import columns as cells
from tabular.table_import.columns import TableColumn
from tabular.table_import.resource import TableResource

#: The longest pause of a policy, seconds: a day.
LONGEST_PAUSE = 86_400.0
LARGEST_SMALL = 32_767


def _code(cell: str) -> str:
    code = cell.strip()
    if not code:
        raise CellProblem(_("blank"))
    if not code.isascii() or not code.isprintable() or " " in code:
        raise CellProblem(_("not a result code: %(cell)s") % {"cell": code[:40]})
    return str(cells.text(longest=16)(code))


_PAUSE = cells.decimal(least=0, most=LONGEST_PAUSE)


class ResultPolicyResource(TableResource):
    """A row for each policy."""

    columns = (
        TableColumn(
            "command",
            cells.choice(PolicyCommand.choices),
            is_key=True,
            is_needed=True,
            titles=("command", "命令"),
        ),
        TableColumn(
            "code", _code, is_key=True, is_needed=True, titles=("code", "结果码", "結果碼", "res")
        ),
        TableColumn(
            "action", cells.choice(PolicyAction.choices), is_needed=True, titles=("动作", "處理")
        ),
        TableColumn("max_tries", cells.number(least=0, most=LARGEST_SMALL)),
        TableColumn("backoff_seconds", _PAUSE),
        TableColumn("backoff_factor", cells.decimal(least=1, most=1_000)),
        TableColumn("backoff_longest", _PAUSE),
        TableColumn(
            "account_action",
            cells.choice(AccountAction.choices, blank=AccountAction.NONE.value),
        ),
        TableColumn("suppresses_contact", cells.yes_or_no),
        TableColumn("stops_run", cells.yes_or_no),
    )
    checks_constraints = True

    class Meta:
        model = ResultPolicy
        fields = (
            "command",
            "code",
            "action",
            "max_tries",
            "backoff_seconds",
            "backoff_factor",
            "backoff_longest",
            "account_action",
            "suppresses_contact",
            "stops_run",
        )

    def key_of(self, values: Mapping[str, Any]) -> Hashable:
        """Return command and code."""
        return values["command"], values["code"]

    def find_known(self, keys: Sequence[Hashable], *, is_locked: bool = False) -> dict[Any, Any]:
        """Return the policies by command and code; all are read, there are few."""
        rows = ResultPolicy.objects.order_by("pk")
        if is_locked:
            rows = rows.select_for_update()
        return {(row.command, row.code): row for row in rows}


class ForbiddenWordResource(ModelResource):
    """A row for each forbidden word."""

    class Meta:
        model = ForbiddenWord
        fields = ("word", "action", "note")
        export_order = fields


class OptOutWordResource(ModelResource):
    """A row for each opt-out word."""

    class Meta:
        model = OptOutWord
        fields = ("word", "match", "direction", "note")
        export_order = fields


class OptOutResource(ModelResource):
    """A row for each reply that was taken for an opt-out or an opt-in."""

    account = Field(attribute="account__uin", column_name="account")
    text = Field(attribute="message__text", column_name="text")

    class Meta:
        model = OptOut
        fields = (
            "at",
            "uin",
            "account",
            "direction",
            "word",
            "text",
            "took_effect",
            "undone_at",
        )
        export_order = fields

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        """Join accounts and messages, so that no row needs a query of its own."""
        found = super().filter_export(queryset, **kwargs)
        return found.select_related("account", "message")
