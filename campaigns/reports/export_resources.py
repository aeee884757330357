"""The columns of the exports of message templates and deliveries (django-import-export)."""

from __future__ import annotations

from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource

from campaigns.models import MessageTemplate
from campaigns.reports.run_report import COLUMNS
from sending.models import Delivery


class MessageTemplateResource(ModelResource):
    """A row for each template."""

    class Meta:
        model = MessageTemplate
        fields = ("name", "text")


class DeliveryResource(ModelResource):
    """A row for each delivery, with the columns of a report."""

    run = Field(column_name="run")
    account = Field(attribute="account__uin", column_name="account")
    attempts = Field(attribute="attempt_count", column_name="attempts")
    text = Field(column_name="text")

    class Meta:
        model = Delivery
        fields = ("run", *COLUMNS)
        export_order = fields

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        """Join the related rows, so that no row makes a query of its own.

        The list in the console defers the texts; the file contains them.
        """
        whole = super().filter_export(queryset, **kwargs).defer(None)
        return whole.select_related("run__campaign_run__campaign", "account")

    def dehydrate_run(self, delivery: Delivery) -> str:
        """Return campaign and number of the run."""
        return str(delivery.run.campaign_run)

    def dehydrate_text(self, delivery: Delivery) -> str:
        """Return the delivery's own text, or the run's."""
        return delivery.run.text if delivery.text is None else delivery.text
