"""Message templates: the list, the form, the live preview and the versions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display

from campaigns.admin.message_template_form import MessageTemplateForm
from campaigns.admin.run_under_way import kept_template_sentence
from campaigns.admin.template_versions import TemplateVersions
from campaigns.admin.text_preview import TextPreviews
from campaigns.models import MessageTemplate
from campaigns.reports.template_table import MessageTemplateResource
from campaigns.writing.templates import set_texts
from campaigns.writing.versions import current_version
from foundation.admin import ChangeHistoryMixin, ConsoleAdmin, ExportMixin, NamedMixin
from foundation.display import EMPTY
from labels.admin.labelled import LabelledMixin
from tabular.admin.table_import import TableImport
from tabular.exports import stream_csv, write_xlsx


@admin.register(MessageTemplate)
class MessageTemplateAdmin(
    LabelledMixin,
    TextPreviews,
    TemplateVersions,
    NamedMixin,
    TableImport,
    ChangeHistoryMixin,
    ExportMixin,
    SimpleHistoryAdmin,
    ConsoleAdmin,
):
    """Texts that several campaigns use; each change of a text makes a version."""

    export_resource = table_resource = MessageTemplateResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    actions_list = ["to_table"]
    form = MessageTemplateForm
    list_display = ["name", "beginning", "languages", "updated_at"]
    search_fields = ["name", "text"]
    fields = ["name", "labels", "text", "language_texts", "language_attribute"]
    autocomplete_fields = ["labels"]
    change_form_outer_before_template = "console/campaign/template_links.html"
    empty_sentence = _(
        "A template is a reusable text with variables like {{ name }}. A campaign can also "
        "have its own text."
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the templates with their texts by language."""
        return super().get_queryset(request).prefetch_related("texts")

    def get_urls(self) -> list[URLPattern]:
        """Return the URLs, with those of the preview and the versions."""
        wrap = self.admin_site.admin_view
        own = [
            path("preview/", wrap(self.preview_view), name="campaigns_messagetemplate_preview"),
            path(
                "<int:object_id>/versions/",
                wrap(self.versions_view),
                name="campaigns_messagetemplate_versions",
            ),
            path(
                "<int:object_id>/versions/<int:number>/",
                wrap(self.version_view),
                name="campaigns_messagetemplate_version",
            ),
        ]
        return [*own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the template, its texts by language, and the version that they make."""
        super().save_model(request, obj, form, change)
        rows = form.cleaned_data.get("language_texts")
        if "language_texts" in form.changed_data and rows is not None:
            set_texts(obj, dict(rows))
        current_version(template=obj, by=request.user)
        is_changed = change and {"text", "language_texts"} & set(form.changed_data)
        if is_changed and (kept := kept_template_sentence(obj)):
            messages.warning(request, kept)

    @display(description=_("text"))
    def beginning(self, template: MessageTemplate) -> str:
        """Return the first 80 characters."""
        return Truncator(template.text).chars(80)

    @display(description=_("Texts by language"))
    def language_texts(self, template: MessageTemplate) -> str:
        """Return the texts by language, for users who may only view."""
        return "\n\n".join(f"{one.language}: {one.text}" for one in template.texts.all()) or EMPTY

    @display(description=_("languages"))
    def languages(self, template: MessageTemplate) -> str:
        """Return the languages with a text of their own."""
        return ", ".join(one.language for one in template.texts.all()) or EMPTY
