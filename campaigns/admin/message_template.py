"""Message templates."""

from __future__ import annotations

from django.contrib import admin
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display

from campaigns.admin.message_template_form import MessageTemplateForm
from campaigns.models import MessageTemplate
from campaigns.reports.export_resources import MessageTemplateResource
from foundation.admin import ChangeHistoryMixin, ConsoleAdmin, ExportMixin, NamedMixin
from labels.admin.labelled import LabelledMixin
from tabular.admin.table_import import TableImport
from tabular.exports import stream_csv, write_xlsx


@admin.register(MessageTemplate)
class MessageTemplateAdmin(
    LabelledMixin,
    NamedMixin,
    TableImport,
    ChangeHistoryMixin,
    ExportMixin,
    SimpleHistoryAdmin,
    ConsoleAdmin,
):
    """Texts that several campaigns use; each change is kept."""

    export_resource = table_resource = MessageTemplateResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    actions_list = ["to_table"]
    form = MessageTemplateForm
    list_display = ["name", "beginning", "updated_at"]
    search_fields = ["name", "text"]
    fields = ["name", "labels", "text"]
    autocomplete_fields = ["labels"]
    empty_sentence = _(
        "A template is a reusable text with variables like {{ name }}. A campaign can also "
        "have its own text."
    )

    @display(description=_("text"))
    def beginning(self, template: MessageTemplate) -> str:
        """The first words."""
        return Truncator(template.text).chars(80)
