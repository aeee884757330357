"""Files of message templates, exported and imported, and the export of deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field
from import_export.resources import ModelResource

from campaigns.earlier_people import first_reply_at
from campaigns.models import MessageTemplate
from campaigns.reports.run_report import COLUMNS
from campaigns.writing.check import checked_text
from campaigns.writing.versions import current_version
from sending.models import Delivery
from sending.runs.texts import TEXTS, text_of, variant_of
from tabular.table_import import columns as cells
from tabular.table_import.columns import TableColumn
from tabular.table_import.named import NamedResource
from texts.checks import TextProblem


class MessageTemplateResource(NamedResource):
    """A row for each template."""

    columns = (
        TableColumn(
            "name",
            cells.name,
            is_key=True,
            is_needed=True,
            titles=("name", "名称", "模板", "模板名称", "名稱", "template"),
        ),
        TableColumn(
            "text",
            cells.text(is_needed=True),
            is_needed=True,
            titles=("text", "正文", "内容", "文本", "內容"),
        ),
    )

    class Meta:
        model = MessageTemplate
        fields = ("name", "text")

    def write(self, new: Sequence[Any], changed: Sequence[tuple[Any, list[str]]], by: Any) -> None:
        """Write the rows, with a version of each."""
        super().write(new, changed, by)
        for template in [*new, *(template for template, _targets in changed)]:
            current_version(template=template, by=by)

    def check(self, instance: Any) -> None:
        """Check the text, as the form does."""
        try:
            checked_text(instance.text)
        except TextProblem as problem:
            raise ValidationError({"text": problem.sentence}) from None


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
        joined = whole.select_related("run__campaign_run__campaign", "account")
        return joined.prefetch_related(TEXTS).annotate(replied_at=first_reply_at())

    def dehydrate_run(self, delivery: Delivery) -> str:
        """Return campaign and number of the run."""
        return str(delivery.run.campaign_run)

    def dehydrate_text(self, delivery: Delivery) -> str:
        """Return the delivery's own text, or the run's."""
        return text_of(delivery)

    def dehydrate_variant(self, delivery: Delivery) -> str:
        """Return the name of the variant."""
        return variant_of(delivery)
