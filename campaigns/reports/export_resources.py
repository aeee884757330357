"""Files of message templates, exported and imported, and the export of deliveries."""

from __future__ import annotations

from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource

from campaigns.earlier_people import first_reply_at
from campaigns.models import OWNERS_OF_DELIVERIES, owner_of
from campaigns.reports.run_report import COLUMNS
from sending.models import Delivery
from sending.runs.texts import TEXTS, text_of, variant_of


class DeliveryResource(ModelResource):
    """A row for each delivery, with the columns of a report."""

    run = Field(column_name="run")
    account = Field(attribute="account__uin", column_name="account")
    attempts = Field(attribute="attempt_count", column_name="attempts")
    text = Field(column_name="text")
    variant = Field(column_name="variant")
    replied_at = Field(attribute="replied_at", column_name="replied_at")

    class Meta:
        model = Delivery
        fields = ("run", *(name for name in COLUMNS if name != "run"))
        export_order = fields

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        """Join the related rows, so that no row makes a query of its own.

        The list in the console defers the texts; the file contains them.
        """
        whole = super().filter_export(queryset, **kwargs).defer(None)
        joined = whole.select_related(*OWNERS_OF_DELIVERIES, "account")
        return joined.prefetch_related(TEXTS).annotate(replied_at=first_reply_at())

    def dehydrate_run(self, delivery: Delivery) -> str:
        """Return campaign and number of the run."""
        return str(owner_of(delivery.run))

    def dehydrate_text(self, delivery: Delivery) -> str:
        """Return the delivery's own text, or the run's."""
        return text_of(delivery)

    def dehydrate_variant(self, delivery: Delivery) -> str:
        """Return the name of the variant."""
        return variant_of(delivery)
