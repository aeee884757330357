"""Accounts out, and their pace in by hand; the inbox out.

Credentials never leave; new ones have a page.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget

from accounts.models import Account, Egress, InboundMessage
from accounts.models.account import UIN_MAX, UIN_MIN
from foundation.refusals import Refusal
from tabular import qq_number

#: What a file may change; everything else of the row is the engine's.
EDITABLE = ("name", "egress", "presence", "min_interval", "per_minute", "per_hour", "per_day")


class AccountResource(ModelResource):
    """Accounts by UIN."""

    egress = Field(
        attribute="egress", column_name="egress", widget=ForeignKeyWidget(Egress, field="name")
    )

    class Meta:
        model = Account
        fields = (
            "uin",
            *EDITABLE,
            "state",
            "state_reason",
            "state_changed_at",
            "friend_count",
            "friends_synced_at",
        )
        import_id_fields = ("uin",)
        skip_unchanged = True
        report_skipped = False

    def get_import_fields(self) -> list[Field]:
        """Return what a file may change."""
        return [f for f in super().get_import_fields() if f.column_name in ("uin", *EDITABLE)]

    def before_import_row(self, row: Any, **_kwargs: Any) -> None:
        """Understand UINs as every import does; refuse accounts we do not have."""
        row["uin"] = qq_number(str(row.get("uin") or ""), least=UIN_MIN, most=UIN_MAX)
        if not Account.objects.filter(uin=row["uin"]).exists():
            raise Refusal(
                _("There is no account %(uin)d: new accounts are imported with their password.")
                % {"uin": row["uin"]},
                code="no_account",
            )

    def do_instance_save(self, instance: Account, is_create: bool) -> None:
        """Save the editable columns only: the engine may have moved the others meanwhile."""
        instance.save(update_fields=list(EDITABLE))


class InboundMessageResource(ModelResource):
    """What people wrote. It is never imported."""

    account = Field(attribute="account__uin", column_name="account")
    kind = Field(column_name="kind")

    class Meta:
        model = InboundMessage
        fields = ("received_at", "uin", "account", "kind", "text")
        export_order = fields
        import_id_fields = ("uin",)

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        """Add what a row shows to the query, so that no row asks again."""
        return super().filter_export(queryset, **kwargs).select_related("account")

    def dehydrate_kind(self, message: InboundMessage) -> str:
        """Return what it is, in words."""
        return str(message.get_kind_display())
