"""The form of a template: a text that could not be sent is refused next to its field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.admin.language_texts import LanguageTextsField
from campaigns.admin.text_widget import TextWidget
from campaigns.models import MessageTemplate
from campaigns.writing.check import checked_text
from campaigns.writing.templates import checked_attribute, checked_texts
from foundation.refusals import Refusal


class MessageTemplateForm(forms.ModelForm):
    """Name, default text, texts by language and the attribute with the language."""

    language_texts = LanguageTextsField(
        label=_("Texts by language"),
        help_text=_(
            "A person whose language has a text here gets it, everybody else the text above. "
            "Empty both fields of a language to take it out."
        ),
    )

    class Meta:
        model = MessageTemplate
        fields = ["name", "labels", "text", "language_attribute"]
        widgets = {"text": TextWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "language_attribute" in self.fields:
            self.fields["language_attribute"].required = False
        if "language_texts" in self.fields and self.instance.pk is not None:
            rows = self.instance.texts.order_by("language")
            self.initial["language_texts"] = [
                list(row) for row in rows.values_list("language", "text")
            ]

    def clean_text(self) -> str:
        """Check the text as `manage.py template create` does."""
        text: str = self.cleaned_data["text"]
        try:
            checked_text(text)
        except Refusal as problem:
            raise forms.ValidationError(problem.sentence, code=problem.code) from None
        return text

    def clean_language_texts(self) -> Any:
        """Check the text of each language."""
        rows = self.cleaned_data["language_texts"]
        try:
            checked_texts(dict(rows or ()))
        except Refusal as problem:
            raise forms.ValidationError(problem.sentence, code=problem.code) from None
        return rows

    def clean_language_attribute(self) -> str:
        """Return the name of the attribute, the usual one for a blank."""
        try:
            return checked_attribute(self.cleaned_data["language_attribute"])
        except Refusal as problem:
            raise forms.ValidationError(problem.sentence, code=problem.code) from None
