"""The form of a template: a text that cannot be rendered is refused next to its field."""

from __future__ import annotations

from django import forms

from campaigns.admin.text_widget import TextWidget
from campaigns.models import MessageTemplate
from texts.rendering import TextProblem, compile_text


class MessageTemplateForm(forms.ModelForm):
    """Name and text."""

    class Meta:
        model = MessageTemplate
        fields = ["name", "labels", "text"]
        widgets = {"text": TextWidget}

    def clean_text(self) -> str:
        """Compile the text. Its variables are known only with a campaign's lists."""
        text: str = self.cleaned_data["text"]
        try:
            compile_text(text)
        except TextProblem as problem:
            raise forms.ValidationError(problem.sentence, code=problem.code) from None
        return text
