"""Snippets: named pieces of text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display

from campaigns.admin.text_widget import TextWidget
from campaigns.models import Snippet
from campaigns.writing.snippets import refuse_snippet, users_sentence
from foundation.admin import ChangeHistoryMixin, ConsoleAdmin, NamedMixin
from foundation.refusals import Refusal
from texts.snippets import spelled_snippet


class SnippetForm(forms.ModelForm):
    """Name and text."""

    class Meta:
        model = Snippet
        fields = ["name", "text"]
        widgets = {"text": TextWidget}

    def clean(self) -> dict[str, Any] | None:
        """Check the snippet and the texts that use it, as `manage.py snippet create` does."""
        data = super().clean()
        name, text = self.cleaned_data.get("name"), self.cleaned_data.get("text")
        if not name or not text:
            return data
        try:
            refuse_snippet(Snippet(pk=self.instance.pk, name=name, text=text))
        except Refusal as refusal:
            is_name = refusal.code in ("snippet_name", "snippet_in_use")
            self.add_error("name" if is_name else "text", refusal.sentence)
        return data


@admin.register(Snippet)
class SnippetAdmin(NamedMixin, ChangeHistoryMixin, SimpleHistoryAdmin, ConsoleAdmin):
    """Pieces of text that many texts use."""

    form = SnippetForm
    list_display = ["name", "tag", "beginning", "updated_at"]
    search_fields = ["name", "text"]
    fields = ["name", "text"]
    empty_sentence = _(
        "A snippet is a piece of text, such as a signature, that templates and campaigns use as "
        "{{ snippets.name }}. A run gets its text when it is made."
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the snippet, and say which texts use it."""
        super().save_model(request, obj, form, change)
        if change and (sentence := users_sentence(obj)):
            messages.info(request, sentence)

    @display(description=_("in a text"))
    def tag(self, snippet: Snippet) -> str:
        """How a text uses it."""
        return spelled_snippet(snippet.name)

    @display(description=_("text"))
    def beginning(self, snippet: Snippet) -> str:
        """The first words."""
        return Truncator(snippet.text).chars(80)
