"""Files of accounts, exported and imported, and the export of the inbox (django-import-export)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget
from simple_history.utils import bulk_update_with_history

from accounts.columns import COLUMNS
from accounts.models import Account, Egress, InboundMessage
from foundation.queries import CHUNK, chunks
from foundation.sentences import Sentence as _
from labels.columns import LabelledResource
from tabular import CellProblem
from tabular.table_import.columns import TableColumn

_CLEARED = {"per_minute", "per_hour", "per_day", "egress"}


def _table_column(column: TableColumn) -> TableColumn:
    """Return the importer's column for a table: an empty cell empties what may be empty."""
    field = "presence" if column.field == "status" else column.field
    read = column.read

    def read_cell(cell: str) -> Any:
        plain = cell.strip()
        if not plain and column.field in _CLEARED:
            return None
        value = read(plain)
        return _egress_named(value) if column.field == "egress" else value

    return replace(column, field=field, read=read_cell)


def _egress_named(name: str) -> Egress:
    found: Egress | None = Egress.objects.filter(name=name).first()
    if found is None:
        raise CellProblem(_("there is no egress %(name)s") % {"name": name})
    return found


class AccountResource(LabelledResource):
    """A row for each account, without its credential, which never leaves the database.

    A table changes existing accounts; new ones come with their password by `import_accounts`.
    """

    columns = tuple(_table_column(column) for column in COLUMNS)
    most_rows = 10_000

    egress = Field(
        attribute="egress", column_name="egress", widget=ForeignKeyWidget(Egress, field="name")
    )

    class Meta:
        model = Account
        fields = (
            "uin",
            "name",
            "egress",
            "presence",
            "min_interval",
            "per_minute",
            "per_hour",
            "per_day",
            "labels",
            "state",
            "state_reason",
            "state_changed_at",
            "friend_count",
            "friends_synced_at",
        )

    def key_of(self, values: Mapping[str, Any]) -> Hashable:
        """Return the UIN."""
        uin: int = values["uin"]
        return uin

    def find_known(self, keys: Sequence[Hashable], *, is_locked: bool = False) -> dict[Any, Any]:
        """Return the accounts by UIN."""
        rows = Account.objects.order_by("pk").defer("credential").select_related("egress")
        rows = rows.prefetch_related("labels")
        if is_locked:
            rows = rows.select_for_update(of=("self",))
        found: dict[Any, Any] = {}
        for chunk in chunks(keys):
            found |= {account.uin: account for account in rows.filter(uin__in=chunk)}
        return found

    def refuse_new(self, values: Mapping[str, Any]) -> None:
        """Refuse an account that does not exist: it would have no password."""
        raise ValidationError(
            {
                "uin": _(
                    "there is no account %(uin)d; new accounts come with their passwords through "
                    "Import accounts"
                )
                % {"uin": values["uin"]}
            }
        )

    def write_rows(
        self, new: Sequence[Any], changed: Sequence[tuple[Any, list[str]]], by: Any
    ) -> None:
        """Write names, paces, egress and status, and nothing else of an account."""
        targets = sorted({target for _account, names in changed for target in names})
        if targets:
            accounts = [account for account, _names in changed]
            bulk_update_with_history(accounts, Account, targets, batch_size=CHUNK, default_user=by)


class InboundMessageResource(ModelResource):
    """A row for each inbound message."""

    account = Field(attribute="account__uin", column_name="account")
    kind = Field(column_name="kind")

    class Meta:
        model = InboundMessage
        fields = ("received_at", "uin", "account", "kind", "text")
        export_order = fields

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        """Join the accounts, so that no row needs a query of its own."""
        return super().filter_export(queryset, **kwargs).select_related("account")

    def dehydrate_kind(self, message: InboundMessage) -> str:
        """Return the kind in the active language."""
        return str(message.get_kind_display())
