"""The columns of the exports of accounts and of the inbox (django-import-export)."""

from __future__ import annotations

from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget

from accounts.models import Account, Egress, InboundMessage


class AccountResource(ModelResource):
    """A row for each account, without its credential, which never leaves the database."""

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
            "state",
            "state_reason",
            "state_changed_at",
            "friend_count",
            "friends_synced_at",
        )


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
