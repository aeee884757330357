"""Canned answers: texts that operators put into an answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display

from campaigns.admin.text_widget import TextWidget
from campaigns.writing.check import checked_text
from conversations.models import CannedAnswer
from foundation.admin import ChangeHistoryMixin, ConsoleAdmin, NamedMixin
from foundation.refusals import Refusal


class CannedAnswerForm(forms.ModelForm):
    """Name and text."""

    class Meta:
        model = CannedAnswer
        fields = ["name", "text"]
        widgets = {"text": TextWidget}

    def clean_text(self) -> str:
        """Check the text, as `manage.py canned_answer save` does."""
        text: str = self.cleaned_data["text"]
        try:
            checked_text(text)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence, code=refusal.code) from None
        return text


@admin.register(CannedAnswer)
class CannedAnswerAdmin(NamedMixin, ChangeHistoryMixin, SimpleHistoryAdmin, ConsoleAdmin):
    """Texts for answers that are written often."""

    form = CannedAnswerForm
    list_display = ["name", "beginning", "updated_at"]
    search_fields = ["name", "text"]
    fields = ["name", "text"]
    empty_sentence = _(
        "A canned answer is a text that you put into an answer by one click. It may use the "
        "variables of a template, such as {{ name }}."
    )

    @display(description=_("text"))
    def beginning(self, answer: CannedAnswer) -> Any:
        """The first words."""
        return Truncator(answer.text).chars(80)
